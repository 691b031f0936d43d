// Prediction cards. A guess is made once: it is kept in this browser, opens what answers it, and is counted at the end.
(() => {
  const PAGE = location.pathname.split("/").pop().replace(/\.html$/, "");
  const PLACES = "class-weights/guesses/";
  const PLACE = PLACES + PAGE;
  const SCORES = "class-weights/score/"; // of each notebook "right/judged", for what counts over the course
  const ONCE = "Your first guess counts. It is kept in this browser and sent nowhere.";
  const FLEETING = "Your first guess counts. This browser keeps nothing for this page, so it is gone when you leave.";

  // A private window may refuse storage, when it is asked for or when something is written.
  let keeps = true;
  function stored() {
    try {
      localStorage.setItem(`${PLACE}?`, "");
      localStorage.removeItem(`${PLACE}?`);
      return JSON.parse(localStorage.getItem(PLACE)) ?? {};
    } catch {
      keeps = false;
      return {};
    }
  }
  function store() {
    try {
      if (Object.keys(guesses).length) localStorage.setItem(PLACE, JSON.stringify(guesses));
      else localStorage.removeItem(PLACE);
    } catch {
      keeps = false;
    }
  }

  function storeScore(right, judged) {
    try {
      if (judged) localStorage.setItem(SCORES + PAGE, `${right}/${judged}`);
      else localStorage.removeItem(SCORES + PAGE);
    } catch {
      keeps = false;
    }
  }
  const kept = (prefix) => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  function scores() {
    try {
      const found = kept(SCORES).map((key) => localStorage.getItem(key));
      return found.filter((score) => /^\d+\/\d+$/.test(score)).map((score) => score.split("/").map(Number));
    } catch {
      return [];
    }
  }
  function overall(all) {
    const [right, judged] = [0, 1].map((i) => all.reduce((sum, score) => sum + score[i], 0));
    return `${right} of ${judged} right, in ${all.length === 1 ? "one notebook" : `${all.length} notebooks`}`;
  }

  function make(tag, properties = {}, ...children) {
    const { dataset, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    Object.assign(element.dataset, dataset);
    element.append(...children);
    return element;
  }
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  // "25 000", "25,000", "0,5", "−3", "1e-9": as people write numbers. NaN for anything else.
  function number(text) {
    let digits = text.replace(/[\s_']/g, "").replace(/^[−–]/, "-");
    if (/^-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(digits)) digits = digits.replaceAll(",", "");
    digits = digits.replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits) ? Number(digits) : NaN;
  }
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
  const written = (value) => String(Number(value)).replaceAll("-", "−").replace(/^−?\d+/, grouped);

  // The lists stay in the page, out of sight: what is shown are copies, with their formulas drawn by then.
  function asked(div, name) {
    div.hidden = true;
    const choices = [...div.querySelectorAll("li")].map((item) => item.querySelector("p") ?? item);
    const { right, number: wanted, within, unit } = div.dataset;
    const ask = [...(div.querySelector(":scope > p")?.childNodes ?? [])];
    return { name, ask, choices, texts: choices.map(words), right, wanted, within: Number(within), unit: unit ?? "" };
  }
  const isNumber = (question) => question.wanted !== undefined;
  const isJudged = (question) => isNumber(question) || question.right !== undefined;
  const isAnswer = (question, guess) =>
    isNumber(question) ? !Number.isNaN(number(String(guess ?? ""))) : question.texts.includes(guess);
  const hits = (question, guess) =>
    isNumber(question)
      ? Math.abs(number(guess) - Number(question.wanted)) <= question.within * (1 + 1e-9)
      : question.texts.indexOf(guess) === Number(question.right);
  const copies = (nodes) => [...nodes].map((node) => node.cloneNode(true));

  function options(question) {
    const choices = question.choices.map((item, i) => {
      // Browsers call a choice that is still to be made an invalid entry, aloud, before anybody has chosen.
      const untouched = { required: true, ariaInvalid: "false" };
      const radio = make("input", { type: "radio", name: question.name, value: question.texts[i], ...untouched });
      return make("label", {}, radio, make("span", {}, ...copies(item.childNodes)));
    });
    const legend = question.ask.length ? copies(question.ask) : ["Your guess"];
    return make("fieldset", {}, make("legend", {}, ...legend), ...choices);
  }
  function box(question) {
    const input = make("input", { name: question.name, required: true, autocomplete: "off", inputMode: "decimal" });
    input.addEventListener("input", () => {
      const wrong = input.value && Number.isNaN(number(input.value));
      input.setCustomValidity(wrong ? "Write a number, such as 0.5, −3, 25,000 or 1e-9." : "");
    });
    const ask = question.ask.length ? copies(question.ask) : ["Your guess"];
    return make("label", { className: "number" }, make("span", {}, ...ask), input, question.unit);
  }

  function outcome(question, guess) {
    const hit = hits(question, guess);
    const kind = isJudged(question) ? (hit ? "hit" : "miss") : "open";
    const line = make("p", { className: `outcome ${kind}` });
    const unit = question.unit && `\u00a0${question.unit}`;
    const choice = (i) => make("b", {}, ...copies(question.choices[i].childNodes));
    if (question.ask.length) line.append(...copies(question.ask), ": you guessed ");
    else line.append("You guessed ");
    // A choice is quoted: it may be any part of a sentence.
    if (isNumber(question)) line.append(make("b", {}, guess + unit));
    else line.append("“", choice(question.texts.indexOf(guess)), "”");
    if (isNumber(question)) {
      const margin = hit || !question.within ? "" : ` (up to ${written(question.within)} away counts as right)`;
      line.append(hit ? ". Right: " : ". The result: ", make("b", {}, written(question.wanted) + unit), `${margin}.`);
    } else if (kind === "miss") line.append(". The result: ", choice(Number(question.right)), ".");
    else line.append(hit ? ". Right." : ". Compare it with the result.");
    return line;
  }

  // What answers a card: every fold up to the next card, and no farther than what happened.
  function folds(card) {
    const all = [...document.querySelectorAll("article :is(details.hide, details.finding, .guess)")];
    const after = all.slice(all.indexOf(card) + 1);
    const next = after.findIndex((element) => element.matches(".guess"));
    const own = next < 0 ? after : after.slice(0, next);
    const finding = own.findIndex((element) => element.matches(".finding"));
    return finding < 0 ? own : own.slice(0, finding + 1);
  }

  const guesses = stored();
  const cards = [...document.querySelectorAll("article .guess")].map((element) => {
    const { cell } = element.dataset;
    const questions = [...element.querySelectorAll(".question")].map((div, i) => asked(div, `${cell}.${i}`));
    const said = make("div");
    said.setAttribute("aria-live", "polite"); // and no role: Orca does not read a status on its way through the page
    element.append(said);
    return { element, questions, said };
  });
  const isMade = (card) => card.questions.every((question) => isAnswer(question, guesses[question.name]));

  function show(card) {
    card.said.replaceChildren(...card.questions.map((question) => outcome(question, guesses[question.name])));
    card.form?.remove();
    folds(card.element).forEach((fold) => (fold.open = true));
  }
  function ask(card) {
    const fields = card.questions.map((question) => (isNumber(question) ? box(question) : options(question)));
    const button = make("button", {}, "Keep my guess and open the result");
    card.form = make("form", { ariaInvalid: "false" }, ...fields, button);
    card.form.addEventListener("submit", (event) => {
      event.preventDefault();
      for (const [name, value] of new FormData(card.form)) guesses[name] = value.trim();
      store();
      show(card);
      card.element.focus({ preventScroll: true });
      count();
    });
    card.said.replaceChildren();
    card.element.prepend(card.form);
  }

  const tally = document.querySelector(".tally");
  function count() {
    const made = cards.filter(isMade).flatMap((card) => card.questions);
    const judged = made.filter(isJudged);
    const right = judged.filter((question) => hits(question, guesses[question.name])).length;
    const waiting = cards.filter((card) => !isMade(card));
    const note = document.querySelector(".guess-note") ?? make("p", { className: "guess-note" });
    note.textContent = keeps ? ONCE : FLEETING;
    waiting[0]?.form.append(note);
    if (!tally) return;
    const said = judged.length ? `You guessed ${right} of ${judged.length} right. ` : "";
    const rest = made.length - judged.length;
    const unjudged = rest === 1 ? "One guess has no right answer. " : `${rest} guesses have no right answer. `;
    const line = make("p", {}, make("strong", {}, made.length ? said : "You have not guessed yet. "), rest ? unjudged : "");
    if (waiting.length) {
      const first = make("a", { href: `#${waiting[0].element.id}` }, "go to the first");
      const verb = waiting.length === 1 ? "is" : "are";
      line.append(`${waiting.length} of ${cards.length} predictions ${verb} still open: `, first, ".");
    }
    tally.replaceChildren(line);
    storeScore(right, judged.length);
    const all = scores();
    if (all.length > Math.sign(judged.length)) tally.append(make("p", {}, `Over the course so far: ${overall(all)}.`));
    if (!made.length) return;
    const clear = make("button", { type: "button" }, "Clear my guesses in this notebook");
    clear.addEventListener("click", () => confirm("Clear all your guesses in this notebook?") && forget());
    tally.append(clear);
  }
  function forget() {
    for (const name of Object.keys(guesses)) delete guesses[name];
    store();
    for (const card of cards) {
      folds(card.element).forEach((fold) => (fold.open = false));
      card.form?.remove();
      ask(card);
    }
    count();
    tally.focus({ preventScroll: true });
  }

  // The front page counts over the course, and clears it all.
  const course = document.querySelector(".tally.of-course");
  function countCourse() {
    const all = scores();
    course.hidden = !all.length;
    const clear = make("button", { type: "button" }, "Clear all my guesses");
    clear.addEventListener("click", () => {
      if (!confirm("Clear all your guesses in all notebooks?")) return;
      [...kept(PLACES), ...kept(SCORES)].forEach((key) => localStorage.removeItem(key));
      course.replaceChildren(make("p", {}, "Your guesses are cleared."));
      course.focus({ preventScroll: true });
    });
    course.replaceChildren(make("p", {}, make("strong", {}, `You guessed ${overall(all)}.`)), clear);
    course.tabIndex = -1;
  }
  if (course) window.addEventListener("pageshow", countCourse); // on the way back too

  if (!cards.length) return;
  cards.forEach((card) => (isMade(card) ? show(card) : ask(card)));
  if (tally) Object.assign(tally, { hidden: false, tabIndex: -1 });
  count();
})();
