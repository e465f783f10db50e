"""The flows of ziping: from source files to the published report dataset."""
