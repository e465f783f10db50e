"use strict";
// Without this script the page shows everything; with it figures can be sought.
const form = document.querySelector(".filter");
const figures = [...document.querySelectorAll(".figure")];
const hits = form.querySelector("output");

function showMatching() {
  const words = form.elements.words.value.trim().toLowerCase().split(/\s+/);
  const kind = form.elements.kind.value;
  let count = 0;
  for (const figure of figures) {
    const text = figure.textContent.toLowerCase();
    const fits = !kind || figure.dataset.kinds.split(" ").includes(kind);
    figure.hidden = !(fits && words.every((word) => text.includes(word)));
    count += !figure.hidden;
  }
  for (const group of document.querySelectorAll(".item, .part, .chapter")) {
    group.hidden = !group.querySelector(".figure:not([hidden])");
  }
  hits.textContent = count === figures.length ? "" : `找到 ${count} 项`;
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.querySelector("details");
  if (fold && target.classList.contains("figure")) fold.open = true;
}

form.hidden = false;
form.addEventListener("input", showMatching);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", openTarget);
openTarget();

const links = new Map();
for (const link of document.querySelectorAll("nav a")) links.set(link.hash.slice(1), link);
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "0px 0px -70% 0px" });
for (const item of document.querySelectorAll(".item")) watcher.observe(item);
