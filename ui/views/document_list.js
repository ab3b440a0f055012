// The list of documents beside the tree of their folders. Everything that comes from documents is set as text, never
// as HTML.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key === "onclick") made.onclick = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

const button = (text, onclick, attributes = {}) => element("button", { type: "button", onclick, ...attributes }, text);

const folderList = (data, tell) => {
  const all = { path: "", name: data.words.all, count: data.all, depth: 0 };
  return element("ul", {}, ...[all, ...data.folders].map((folder) => element("li", {},
    element("button", {
      type: "button",
      onclick: () => tell("folder", folder.path),
      style: `padding-left:${0.6 + 0.9 * (folder.path ? folder.depth : 0)}rem`,
      "aria-current": folder.path === data.folder ? "true" : null,
      title: folder.path,
    }, element("span", { class: "label" }, folder.name), element("span", { class: "count" }, String(folder.count))))));
};

const tree = (data, tell) => element("nav", { "aria-label": data.words.folders }, folderList(data, tell));

const narrowTree = (data, tell) => element("details", {},
  element("summary", {}, `${data.words.folders}${data.words.colon}${data.folder || data.words.all}`), folderList(data, tell));

const head = (data, tell) => element("thead", {}, element("tr", {},
  data.can_choose ? element("th", { class: "pick" }) : null,
  ...data.columns.map((column) => element("th", {
    class: column.kind, scope: "col",
    "aria-sort": column.name === data.order ? (data.descending ? "descending" : "ascending") : null,
  }, button(column.name === data.order ? `${column.label} ${data.descending ? "↓" : "↑"}` : column.label,
    () => tell("order", column.name))))));

const row = (line, data, tell, picked, setPicked) => {
  const box = data.can_choose ? element("input", { type: "checkbox", "aria-label": `${data.words.choose} ${line.name}` }) : null;
  if (box) {
    box.checked = picked.has(line.source);
    box.onchange = () => {
      if (box.checked) picked.add(line.source); else picked.delete(line.source);
      setPicked("picked", [...picked]);
    };
  }
  return element("tr", {},
    box ? element("td", { class: "pick" }, box) : null,
    element("td", { class: "text" },
      button(line.name, () => tell("open", line.source), { class: "name", title: line.source }),
      line.folder ? element("div", { class: "folder" }, line.folder) : null,
      line.note ? element("div", { class: "note" }, line.note) : null,
      element("div", { class: "brief" }, line.brief)),
    element("td", { class: "state" }, element("span", { class: `badge ${line.status}` }, line.state)),
    ...line.cells.map((cell) => element("td", { class: "number" }, cell)));
};

const pager = (data, tell) => data.pages < 2 ? null : element("div", { class: "pager" },
  button(data.words.before, () => tell("page", data.page - 1), { disabled: data.page < 1 }),
  element("span", {}, data.place),
  button(data.words.after, () => tell("page", data.page + 1), { disabled: data.page + 1 >= data.pages }));

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".documents");
  const focused = parentElement.activeElement?.getAttribute?.("aria-current");
  const picked = new Set(data.picked);
  const table = element("table", {}, head(data, setTriggerValue),
    element("tbody", {}, ...data.rows.map((line) => row(line, data, setTriggerValue, picked, setStateValue))));
  const body = data.rows.length ? table : element("p", { class: "nothing" }, data.words.nothing);
  root.replaceChildren(
    ...(data.folders.length ? [tree(data, setTriggerValue), narrowTree(data, setTriggerValue)] : []),
    element("div", { class: "list" }, body, pager(data, setTriggerValue)));
  root.classList.toggle("flat", !data.folders.length);
  if (focused) root.querySelector("[aria-current]")?.focus();
}
