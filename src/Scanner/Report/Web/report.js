// Sorts a table by the column whose heading is pressed: numbers by the value in data-v, words by the alphabet. Nothing is loaded.
for (const table of document.querySelectorAll("table.sort")) {
  table.querySelectorAll("thead th").forEach((th, column) => {
    th.querySelector("button")?.addEventListener("click", () => {
      const ascending = th.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const key = row => { const cell = row.cells[column]; return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v === "" ? null : Number(cell.dataset.v); };
      const body = table.tBodies[0];
      [...body.rows].map(row => [key(row), row])
        .sort(([a], [b]) => a === null ? 1 : b === null ? -1 : (typeof a === "number" ? a - b : a.localeCompare(b)) * (ascending ? 1 : -1))
        .forEach(([, row]) => body.append(row));
    });
  });
}
// Tables are folded on the screen and open on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details[data-print]").forEach(d => d.open = true));
