// A chapter as slides, made of the page: a slide for each heading and each picture. Code and
// solutions stay out. Arrows turn, C shows code, Escape ends.
(() => {
  const title = document.querySelector("main.content h1.title");
  if (!title) return;
  const make = (tag, props = {}) => Object.assign(document.createElement(tag), props);
  const start = make("button", { type: "button", className: "slides-start", textContent: "Show as slides" });
  title.after(start);

  function* pieces(node) {   // sections are opened, what is in them stays whole
    for (const child of node.children)
      if (child.matches("section")) yield* pieces(child);
      else yield child;
  }

  const picture = piece => piece.querySelector(".cell-output img, figure img, .playground");
  const leftOut = piece => piece.matches(".callout, nav, script, header");
  const hasOutput = piece => !piece.matches(".cell") || piece.querySelector(".cell-output, figure, img, table");

  function copy(piece) {
    const clone = piece.cloneNode(true);
    clone.querySelectorAll("[id]").forEach(e => e.removeAttribute("id"));
    clone.removeAttribute("id");
    return clone;
  }

  function deck() {
    const front = make("section", { className: "slide" });
    front.append(make("h1", { textContent: title.textContent }));
    const about = document.querySelector("main.content .description");
    if (about) front.append(copy(about));
    let slide = front, heading;
    const slides = [front], open = more => {
      slide = make("section", { className: "slide" });
      if (more && heading) slide.append(copy(heading));
      slides.push(slide);
    };
    for (const piece of pieces(document.querySelector("main.content"))) {
      if (leftOut(piece)) continue;
      if (piece.matches("h2, h3")) { heading = piece; open(false); }
      else if (picture(piece) && slide.children.length > 1) open(true);
      slide.append(copy(piece));
      if (picture(piece)) slide.classList.add("slide-picture");
      else if (!hasOutput(piece)) slide.lastElementChild.classList.add("slide-code");
    }
    return slides.filter(s => [...s.children].some(e => !e.matches("h2, h3, .slide-code")));
  }

  start.onclick = () => {
    const slides = deck(), rest = [...document.body.children];
    const box = make("div", { className: "slides", tabIndex: -1 });
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-label", `Slides of ${title.textContent}`);
    const stage = make("div", { className: "slides-stage" }), bar = make("div", { className: "slides-bar" });
    const button = (text, label, onclick) => {
      const made = make("button", { type: "button", textContent: text, onclick });
      made.setAttribute("aria-label", label);
      bar.append(made);
      return made;
    };
    let at = 0;
    const turn = to => {
      at = Math.max(0, Math.min(slides.length - 1, to));
      stage.replaceChildren(slides[at]);
      stage.scrollTop = 0;
      count.textContent = `${at + 1} / ${slides.length}`;
    };
    const end = () => {
      box.remove();
      rest.forEach(e => { e.inert = false; });
      if (document.fullscreenElement) document.exitFullscreen();
      start.focus();
    };
    const code = () => box.classList.toggle("slides-code");
    button("←", "Slide before", () => turn(at - 1));
    const count = make("output", { className: "slides-count" });
    bar.append(count);
    button("→", "Next slide", () => turn(at + 1));
    button("Code", "Show or hide code", code);
    button("Full screen", "Full screen", () => box.requestFullscreen?.());
    button("End", "End the slides", end);
    const keys = {
      ArrowRight: () => turn(at + 1), PageDown: () => turn(at + 1), " ": () => turn(at + 1),
      ArrowLeft: () => turn(at - 1), PageUp: () => turn(at - 1), Home: () => turn(0),
      End: () => turn(slides.length - 1), c: code, Escape: end,
    };
    box.addEventListener("keydown", e => {
      if (e.key === " " && e.target.matches("button")) return;
      if (keys[e.key] && !e.ctrlKey && !e.metaKey) { e.preventDefault(); keys[e.key](); }
    });
    box.append(stage, bar);
    document.body.append(box);
    rest.forEach(e => { e.inert = true; });
    turn(0);
    box.focus();
  };
})();
