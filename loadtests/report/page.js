"use strict";
// Folds the tables away, draws the charts beside them, and draws them again in the other theme.
const root = document.documentElement;
const figures = JSON.parse(document.getElementById("figures").textContent);
const button = document.getElementById("theme");
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const printing = window.matchMedia("print");

const theme = () => (printing.matches ? "light" : root.dataset.theme ?? (prefersDark.matches ? "dark" : "light"));

function draw() {
  for (const [key, figure] of Object.entries(figures)) {
    // Plotly writes into what it is given.
    const { data, layout } = structuredClone(figure[theme()]);
    Plotly.react(key, data, layout, { displayModeBar: false, responsive: true });
  }
  button.setAttribute("aria-pressed", String(theme() === "dark"));
}

for (const details of document.querySelectorAll("details")) details.open = false;
button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.theme = theme() === "dark" ? "light" : "dark";
  draw();
});
prefersDark.addEventListener("change", draw);
printing.addEventListener("change", () => {
  for (const details of document.querySelectorAll("details")) details.open = printing.matches;
  draw();
});
draw();
