"use strict";
// Show one tier or one product. Everything is on the page already; nothing is fetched or kept.
(() => {
  const form = document.getElementById("filter");
  const { tier, product } = form.elements;
  const told = form.querySelector("output");
  const all = (name, within = document) => within.querySelectorAll(name);

  function oneColumn(table, wanted) {
    const heads = [...all("thead tr:first-child th", table)];
    const at = heads.findIndex((head) => head.dataset.tier === wanted);
    for (const row of table.rows)
      for (const cell of row.cells)
        cell.hidden = Boolean(wanted) && cell.cellIndex > 0 && cell.cellIndex !== at;
    table.classList.toggle("one", Boolean(wanted));
    table.closest(".chain").hidden = Boolean(wanted) && at < 0;
  }

  function pick() {
    const wanted = tier.value;
    for (const table of all(".tiers")) oneColumn(table, wanted);
    for (const step of all(".ladder tr[data-high]"))
      step.hidden =
        Boolean(wanted) && !(+step.dataset.low <= +wanted && +wanted <= +step.dataset.high);
    for (const part of all("[data-product]"))
      part.hidden = Boolean(product.value) && part.dataset.product !== product.value;
    form.classList.toggle("used", Boolean(wanted || product.value));
    told.textContent = wanted ? tier.selectedOptions[0].dataset.told : "";
  }

  form.addEventListener("change", pick);
  form.addEventListener("reset", () => setTimeout(pick));
  form.hidden = false;
  pick();
})();
