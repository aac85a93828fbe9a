// Sorting by a click on a column's head; the page is complete without it.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const key = (row, at) => {
    const value = row.cells[at].dataset.sort;
    return value === undefined ? row.cells[at].textContent.trim() : value === "" ? -Infinity : Number(value);
  };
  heads.forEach((head, at) => {
    head.tabIndex = 0;
    const sort = () => {
      const numeric = head.classList.contains("num");
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : !numeric;
      const sign = up ? 1 : -1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows].sort((a, b) => {
        const left = key(a, at), right = key(b, at);
        return sign * (typeof left === "number" && typeof right === "number" ? left - right || 0 : String(left).localeCompare(String(right)));
      });
      body.append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => event.key === "Enter" && sort());
  });
}
