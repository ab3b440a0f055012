// Draws an answer: its text with a button for each marker, and the list of what it rests on. Texts become text nodes
// only, so nothing in them can be markup.
const marked = (tag, classes, text) => {
  const made = document.createElement(tag);
  made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
};

const button = (item, classes, open) => {
  const made = marked("button", classes);
  made.type = "button";
  made.dataset.target = item.target;
  made.setAttribute("aria-label", item.label);
  made.setAttribute("aria-pressed", String(Boolean(item.open)));
  made.title = item.label;
  made.onclick = () => open(item.target);
  return made;
};

const chip = (part, open) => {
  const made = button(part, `chip ${part.kind}`, open);
  made.textContent = part.n;
  return made;
};

const sentence = (part) => {
  const made = marked("span", part.classes, part.text);
  if (part.label) made.title = part.label;
  return made;
};

const row = (item, open) => {
  const made = button(item, `row ${item.kind}`, open);
  made.append(marked("span", "number", item.n));
  const body = marked("span", "body");
  const head = marked("span", "place", item.place);
  if (item.badge) head.append(marked("span", "badge", item.badge));
  body.append(head, marked("span", "quote", item.quote));
  made.append(body);
  return made;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".reply");
  const focused = parentElement.activeElement?.dataset.target;
  const open = (target) => setTriggerValue("open", target);
  root.replaceChildren();
  if (data.parts.length) {
    const answer = marked("div", `answer ${data.refused ? "refused" : ""}`);
    answer.append(...data.parts.map((part) => (part.n ? chip(part, open) : sentence(part))));
    root.append(answer);
  }
  if (data.rows.length) {
    const list = marked("div", "rows");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", data.heading);
    if (data.heading) list.append(marked("p", "heading", data.heading));
    list.append(...data.rows.map((item) => row(item, open)));
    root.append(list);
  }
  if (focused !== undefined) root.querySelector(`[data-target="${focused}"]`)?.focus({ preventScroll: true });
}
