// The pages beside the matrix that stand in the document already (findings, sweeps): shows one of them, and adds what needs a
// script: filters of the index, questions to a picture. And the guide from one flavor to another, which is made of the data.
"use strict";
const otherPages = (() => {
  const $ = (id) => document.getElementById(id);
  const pages = [...document.querySelectorAll("#static > .page")];
  let data, made, ids;

  function prepare(given, maker) {
    [data, made] = [given, maker];
    ids = data.flavors.map((flavor) => flavor.id);
    for (const page of pages) page.hidden = true;
    for (const space of data.spaces) ask(space);
    if (data.findings.length) filterFindings();
    const links = data.spaces.map((space) => made("a", { href: `#/space/${encodeURIComponent(space.name)}` }, `All of ${space.name}`));
    const two = ids.length > 1 && data.findings.length;
    const system = (id) => id.split("@")[0], last = ids[ids.length - 1];
    const to = ids.findLast((id) => system(id) !== system(last)) || ids[0];
    const guide = two && made("a", { href: `#/guide/${[last, to].map(encodeURIComponent).join("/")}` }, "Porting guide");
    return [data.findings.length && made("a", { href: "#/findings" }, "Findings"), guide, ...links].filter((one) => one);
  }

  // Shows the page of the address, and says what it is called; nothing if the address is another's.
  function show() {
    const name = location.hash.slice(1).split("?")[0];
    const target = name.startsWith("/") && name.length > 1 && $(name);
    const page = target && target.closest("#static > .page");
    for (const one of pages) one.hidden = one !== page;
    if (!page) return null;
    const heading = page.querySelector("h2");
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
    if (target !== page) target.scrollIntoView({ block: "center" });
    return heading.textContent;
  }

  function chooser(label, options, changed) {
    const select = made("select", { input: changed }, options.map(([value, text]) => made("option", { value }, text)));
    return [made("label", {}, `${label} `, select), select];
  }

  const form = (label, ...content) => made("form", { role: "search", "aria-label": label, submit: (event) => event.preventDefault() }, ...content);

  // --- findings ----------------------------------------------------------------------------------------------------------

  function filterFindings() {
    const entries = [...$("findings-table").querySelectorAll("tbody tr")];
    const different = (key) => [["", "any"], ...[...new Set(entries.map((one) => one.dataset[key]))].sort().map((one) => [one, one])];
    const status = made("p", { role: "status" });
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/);
      for (const entry of entries) {
        entry.hidden = (kind.value && entry.dataset.kind !== kind.value) || (topic.value && entry.dataset.topic !== topic.value) ||
          !words.every((word) => entry.textContent.toLowerCase().includes(word));
      }
      status.textContent = `${entries.filter((one) => !one.hidden).length} of ${entries.length} findings`;
    };
    const search = made("input", { type: "search", input: filter, autocomplete: "off", spellcheck: "false" });
    const [kindLabel, kind] = chooser("Kind", different("kind"), filter);
    const [topicLabel, topic] = chooser("Topic", different("topic"), filter);
    const place = document.querySelector(".page .ask:not([data-space])");
    place.append(form("Findings", made("label", { class: "wide" }, "Search ", search), kindLabel, topicLabel, status));
    place.hidden = false;
    filter();
  }

  // --- a guide -----------------------------------------------------------------------------------------------------------

  function guide(names, cellAddress) {
    const [one, other] = names.map((name) => ids.indexOf(name));
    if (names.length !== 2 || one < 0 || other < 0) return null;
    const go = () => { location.hash = `#/guide/${[from.value, to.value].map(encodeURIComponent).join("/")}`; };
    const options = ids.map((id) => [id, id]);
    const [fromLabel, from] = chooser("From", options, go);
    const [toLabel, to] = chooser("To", options, go);
    [from.value, to.value] = names;
    const apart = data.findings.filter(({ on }) => on[one] !== null && on[other] !== null && on[one] !== on[other]);
    const topics = [...new Set(apart.map((finding) => finding.topic))];
    const said = `${apart.length} of ${data.findings.length} findings tell them apart. fork-oracle guide ${names.join(" ")} prints this.`;
    return [made("h2", { tabindex: "-1" }, `From ${names[0]} to ${names[1]}`),
      form("Guide", fromLabel, toLabel), made("p", { class: "sums" }, said),
      ...topics.map((topic) => made("section", {}, made("h3", {}, topic),
        apart.filter((finding) => finding.topic === topic).map((finding) => entry(finding, one, other, cellAddress))))];
  }

  function entry(finding, one, other, cellAddress) {
    const advice = new Map(finding.advice);
    const words = advice.get(ids[other]) || advice.get(ids[other].split("@")[0]);
    const [seen] = finding.seen;
    return made("div", { class: "advice" },
      made("h4", {}, made("a", { href: `#/finding/${encodeURIComponent(finding.id)}` }, finding.title), ` (${finding.kind})`),
      made("ul", {}, made("li", {}, made("strong", {}, `${ids[one]}: `), finding.does[finding.on[one]]),
        made("li", {}, made("strong", {}, `${ids[other]}: `), finding.does[finding.on[other]])),
      made("p", {}, finding.so), words && made("p", {}, made("strong", {}, "What to do: "), words),
      finding.claims.length > 0 && made("p", { class: "quiet" }, `Concerns ${finding.claims.join(", ")}`),
      seen && made("p", {}, "See ", made("a", { href: cellAddress({ n: seen[2] }, ids[other], ids[one]) }, seen[2])));
  }

  // --- sweeps ------------------------------------------------------------------------------------------------------------

  const SIGNS = { ".": "all agree", "-": "fewer than two kernels say anything, so nothing is compared", "?": "not done" };

  // Squares, counted up: the text says a bucket's letters, or a sign, and how many in a row.
  function unpacked(text) {
    const squares = [];
    for (const [, sign, count] of text.matchAll(/([A-Z][a-z]*|[.?-])(\d*)/g)) {
      for (let left = Number(count || 1); left; left -= 1) squares.push(sign);
    }
    return squares;
  }

  // Squares counted up, in the order in which they stand side by side; as oracle.report.page.layout.order.
  function order(sizes) {
    let found = [0], size = 1;
    for (const count of [...sizes].reverse()) {
      const inner = found;
      found = Array.from({ length: count }, (_, digit) => (digit % 2 ? [...inner].reverse() : inner).map((place) => digit * size + place)).flat();
      size *= count;
    }
    return found;
  }

  function ask(space) {
    const place = document.querySelector(`.ask[data-space="${CSS.escape(space.name)}"]`);
    if (!place) return;
    const charts = space.charts.map(([states, text]) => [states, unpacked(text)]);
    const buckets = new Map(space.buckets.map(([letter, ident, cell]) => [letter, [ident, cell]]));
    const sizes = space.kept.map(([, values]) => values.length);
    const [down, across] = [order(sizes.slice(0, space.rows)), order(sizes.slice(space.rows))];
    const states = charts.flatMap(([names], number) => names.map((name) => [`${number} ${name}`, name]));
    const [stateLabel, state] = chooser("From", states, answer);
    const inputs = space.kept.map(([name, values, flag]) => flag ? made("input", { type: "checkbox", input: answer }) :
      made("select", { input: answer }, values.map((value) => made("option", {}, value))));
    const labels = space.kept.map(([name, , flag], number) => made("label", { class: flag ? "box" : null }, flag ? [inputs[number], ` ${name}`] : [`${name} `, inputs[number]]));
    const status = made("p", { role: "status" });
    const cursors = [...place.parentElement.querySelectorAll("[data-chart]")].map(cursor);

    const digit = (input) => input.type === "checkbox" ? Number(input.checked) : input.selectedIndex;

    function answer() {
      const square = inputs.reduce((found, input, number) => found * sizes[number] + digit(input), 0);
      const number = Number(state.value.split(" ")[0]);
      const sign = charts[number][1][square];
      const letter = sign.toUpperCase();
      const said = space.kept.map(([name, values, flag], at) => [name, values[digit(inputs[at])], flag, digit(inputs[at])])
        .filter(([, , , value]) => value).map(([name, value, flag]) => flag ? name : `${name}=${value}`);
      const call = `${space.call}(${said.join(space.kept.every(([, , flag]) => flag) ? "|" : ", ")}) from ${state.value.split(" ")[1]}: `;
      const found = buckets.get(letter);
      status.replaceChildren(call, ...sign in SIGNS ? [SIGNS[sign]] : !found ? [`bucket ${letter}`] : [`bucket ${letter}, `,
        made("a", { href: `#/space/${encodeURIComponent(space.name)}/${found[0]}` }, found[0]), "; ",
        made("a", { href: `#${found[1]}` }, "its simplest case")]);
      cursors.forEach((move) => move(number, down.indexOf(Math.floor(square / across.length)), across.indexOf(square % across.length)));
    }

    // The frame around the square that is asked about; a click on another square asks about that one.
    function cursor(figure) {
      const svg = figure.querySelector("svg");
      const [side, left, top] = ["side", "left", "top"].map((name) => Number(svg.dataset[name]));
      const frame = made("rect", { width: side + 2, height: side + 2, class: "cursor" });
      svg.append(frame);
      svg.addEventListener("click", (event) => {
        const box = svg.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left - left, event.clientY - box.top - top].map((at) => Math.floor(at / side));
        if (x < 0 || y < 0 || x >= across.length || y >= down.length) return;
        let square = down[y] * across.length + across[x];
        for (let number = inputs.length - 1; number >= 0; number -= 1) {
          const value = square % sizes[number];
          if (inputs[number].type === "checkbox") inputs[number].checked = Boolean(value);
          else inputs[number].selectedIndex = value;
          square = Math.floor(square / sizes[number]);
        }
        state.value = states.find(([value]) => value.startsWith(`${figure.dataset.chart} `))[0];
        answer();
      });
      return (number, row, column) => {
        frame.toggleAttribute("hidden", number !== Number(figure.dataset.chart));
        frame.setAttribute("x", left + column * side - 1);
        frame.setAttribute("y", top + row * side - 1);
      };
    }

    place.append(form(`What does a call of ${space.call} come to?`, stateLabel, made("fieldset", {}, made("legend", {}, "Which call?"), labels), status));
    place.hidden = false;
    answer();
  }

  return { prepare, show, guide };
})();
