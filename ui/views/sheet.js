// Draws an opened source: a page's picture with the span on it, or stored text with the span in it, the span in sight.
// Texts become text nodes only; the picture is one that the server drew.
const made = (tag, classes, text) => {
  const element = document.createElement(tag);
  element.className = classes;
  if (text !== undefined) element.textContent = text;
  return element;
};

const percent = (share) => `${(share * 100).toFixed(3)}%`;

const picture = (data) => {
  const frame = made("div", "frame");
  const image = made("img", "page");
  image.src = `data:image/jpeg;base64,${data.jpeg}`;
  image.alt = data.title;
  const paper = made("div", "paper");
  paper.append(image);
  for (const [left, top, right, bottom] of data.boxes) {
    const box = made("div", "box");
    Object.assign(box.style, {
      left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top),
    });
    paper.append(box);
  }
  frame.append(paper);
  return { frame, ready: image.decode().catch(() => undefined) };
};

const copied = async (control, data) => {
  await navigator.clipboard.writeText(data.quote);
  control.textContent = data.words.copied;
  setTimeout(() => (control.textContent = data.words.copy), 2000);
};

const tools = (data, frame) => {
  const bar = made("div", "tools");
  if (data.quote) {
    const copy = made("button", "copy", data.words.copy);
    copy.type = "button";
    copy.onclick = () => copied(copy, data);
    bar.append(copy);
  }
  if (data.jpeg) {
    const zoom = made("button", "zoom", data.words.larger);
    zoom.type = "button";
    zoom.onclick = () => {
      const large = frame.classList.toggle("large");
      zoom.textContent = large ? data.words.smaller : data.words.larger;
    };
    bar.append(zoom);
  }
  return bar;
};

// Scrolls the sheet alone: the conversation beside it stays where it is.
const bringIntoSight = (root) => {
  const first = root.querySelector(".box, mark");
  const sheet = root.querySelector(".sheet");
  if (!first || !sheet) return;
  const offset = first.getBoundingClientRect().top - sheet.getBoundingClientRect().top;
  sheet.scrollTop += offset - sheet.clientHeight / 3;
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".source");
  root.replaceChildren();
  const sheet = made("div", "sheet");
  sheet.tabIndex = 0;
  sheet.setAttribute("role", "document");
  sheet.setAttribute("aria-label", data.title);
  let ready = Promise.resolve();
  let frame;
  if (data.jpeg) {
    const drawn = picture(data);
    frame = drawn.frame;
    ready = drawn.ready;
  }
  if (data.text.length) {
    const text = made("div", "text");
    text.append(...data.text.map((part) => made(part.mark ? "mark" : "span", part.classes, part.text)));
    sheet.append(text);
  }
  if (frame) sheet[data.picture_first ? "prepend" : "append"](frame);
  root.append(tools(data, frame), sheet);
  ready.then(() => bringIntoSight(root));
}
