// Shows what fits every select of .filters; an item carries its words in data-<name of the select>.
document.documentElement.classList.add("script");
addEventListener("DOMContentLoaded", () => {
  for (const badge of document.querySelectorAll("[data-old]")) badge.hidden = Date.now() < Date.parse(badge.dataset.old);
  for (const form of document.querySelectorAll(".filters")) {
    const scope = document.getElementById(form.dataset.for);
    const items = [...scope.querySelectorAll("[data-outcome]")];
    const told = form.querySelector("output");
    const apply = () => {
      const wanted = [...form.querySelectorAll("select")].filter((select) => select.value);
      let shown = 0;
      for (const item of items) {
        item.hidden = !wanted.every((select) => item.dataset[select.name] === select.value);
        shown += !item.hidden;
      }
      for (const group of scope.querySelectorAll("[data-group]")) {
        group.hidden = ![...group.querySelectorAll("[data-outcome]")].some((item) => !item.hidden);
      }
      told.textContent = `${shown} of ${items.length} shown`;
    };
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  }
});
