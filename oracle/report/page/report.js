// The page's own script: filters the matrix, and makes the pages of cells and flavors out of the data below the matrix.
// Whatever the data says is put into the page as text, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, flavors, facts, texts, moments, pictures, shares, findings } = data;
  const $ = (id) => document.getElementById(id);
  const home = $("home"), view = $("view"), filters = $("filters"), title = document.title;
  const lines = [...document.querySelectorAll("#table tr[data-row]")];
  const listed = rows.slice(0, data.lines); // the others are told, but stand in no matrix
  const START = 0, END = 100000;
  const KINDS = ["because", "kernel", "meanwhile", "born", "gone", "changed", "met", "UNMET", "sign", "known break", "INVARIANT",
    "CRASH", "unmodelled", "deadlock"];
  const NOISY = 6; // expectations that were met are no difference
  const ids = flavors.map((flavor) => flavor.id);

  function made(tag, attributes, ...content) {
    const svg = ["svg", "g", "rect", "line", "circle", "text", "title", "desc"].includes(tag);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...content.flat().filter((one) => one !== null && one !== undefined && one !== false));
    return element;
  }

  // --- addresses ---------------------------------------------------------------------------------------------------------

  const safe = (text) => encodeURIComponent(text).replace(/%2F/g, "/").replace(/%40/g, "@");
  const whole = (text) => encodeURIComponent(text).replace(/%40/g, "@");
  function cellAddress(row, flavor, other) {
    return `#/cell/${safe(row.n)}/${whole(flavor)}` + (other ? `?with=${whole(other)}` : "");
  }
  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }
  function place() {
    const [path, query] = location.hash.replace(/^#/, "").split("?");
    return { parts: path.split("/").slice(1), query: new URLSearchParams(query || "") };
  }

  // --- the matrix --------------------------------------------------------------------------------------------------------

  const fields = { q: "f-q", topic: "f-topic", fact: "f-fact", flavor: "f-flavor", show: "f-show", finding: "f-finding", a: "f-a", b: "f-b" };
  const silent = (letter) => letter === "" || letter === "!" || letter === "?";
  const odd = (row) => (row.e || []).length > 0;

  function wanted() {
    const found = {};
    for (const [key, id] of Object.entries(fields)) if ($(id).value.trim()) found[key] = $(id).value.trim();
    if ($("f-defects").checked) found.defects = "1";
    return found;
  }

  const claimedBy = listed.map((row) => new Set((row.g || []).flatMap((one) => one[4].length ? one[4] : ["new"])));
  const haystacks = listed.map((row) => [row.n, row.t, row.w, row.d, ...(row.m || []),
    ...(row.l || []).flatMap(([path, values]) => [texts[path], ...values.map((one) => texts[one])])].join("\n").toLowerCase());

  function fits(row, index, want) {
    const letters = (flavor) => row.c[ids.indexOf(flavor)] ? row.c[ids.indexOf(flavor)][0] : "";
    if (want.q && !want.q.toLowerCase().split(/\s+/).every((word) => haystacks[index].includes(word))) return false;
    if (want.topic && row.o !== want.topic) return false;
    if (want.fact && !(row.a || []).some((number) => facts[number][0] === want.fact)) return false;
    if (want.flavor && letters(want.flavor) === "") return false;
    if (want.defects && !row.d) return false;
    if (want.finding && !claimedBy[index].has(want.finding === "new" ? "new" : findings.findIndex((one) => one.id === want.finding))) return false;
    if (want.show === "differs" && row.s !== undefined) return false;
    if (want.show === "agrees" && row.s !== "all agree") return false;
    if (want.show === "alone" && row.s !== "not compared") return false;
    if (want.show === "odd" && !odd(row)) return false;
    return !(want.a || want.b) || differ(row, want, letters);
  }

  function differ(row, want, letters) {
    const [one, other] = [want.a || want.b, want.a && want.b ? want.b : ""];
    const mine = letters(one);
    const theirs = other ? [letters(other)] : ids.map(letters);
    return !silent(mine) && theirs.some((letter) => !silent(letter) && letter !== mine);
  }

  function filter() {
    const want = wanted();
    let count = 0;
    for (const line of lines) {
      const index = Number(line.dataset.row);
      line.hidden = !fits(rows[index], index, want);
      if (!line.hidden) count += 1;
    }
    for (const body of document.querySelectorAll("#table tbody")) {
      body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
    }
    const what = data.bucketed ? "rows" : "scenarios";
    $("shown").textContent = `${count} of ${listed.length} ${what}` + (count ? "" : ": nothing fits; take a filter away");
    return want;
  }

  function remember() {
    const query = new URLSearchParams(filter()).toString();
    history.replaceState(null, "", query ? `#/?${query}` : location.pathname + location.search);
  }

  function setFilters(query) {
    for (const [key, id] of Object.entries(fields)) {
      $(id).value = query.get(key) || "";
      if ($(id).selectedIndex === -1) $(id).value = "";
    }
    $("f-defects").checked = query.get("defects") === "1";
    filter();
  }

  function prepare() {
    const fill = (id, names) => $(id).append(...names.map((name) => made("option", { value: name }, name)));
    fill("f-topic", [...new Set(listed.map((row) => row.o))]);
    const differing = new Set(listed.flatMap((row) => row.a || []));
    fill("f-fact", facts.filter((fact, number) => differing.has(number)).map(([pattern]) => pattern));
    $("f-finding").append(...findings.map((one) => made("option", { value: one.id }, one.title)));
    $("f-finding").append(...claimedBy.some((one) => one.has("new")) ? [made("option", { value: "new" }, "none: a new difference")] : []);
    $("f-finding").parentElement.hidden = !findings.length;
    for (const id of ["f-flavor", "f-a", "f-b"]) fill(id, ids);
    filters.hidden = false;
    filters.addEventListener("input", remember);
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.addEventListener("reset", () => setTimeout(remember));
    for (const line of lines) {
      const row = rows[Number(line.dataset.row)];
      [...line.querySelectorAll("td")].slice(0, ids.length).forEach((cell, number) => {
        const link = cell.querySelector("a");
        if (link) link.append(made("span", { class: "hidden" }, `, ${row.n} on ${ids[number]}`));
      });
    }
    $("table").addEventListener("keydown", walkCells);
    $("places").append(made("a", { href: "#/" }, "Matrix"), ...otherPages.prepare(data, made), ...ids.map((id) => made("a", { href: `#/flavor/${whole(id)}` }, id)));
    $("places").hidden = false;
    $("skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
  }

  function walkCells(event) {
    const cell = event.target.closest("td");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    const seen = lines.filter((line) => !line.hidden);
    let line = seen.indexOf(cell.parentElement), column = cell.cellIndex;
    for (let tries = 0; tries < seen.length + ids.length; tries += 1) {
      line += step[0];
      column += step[1];
      if (line < 0 || line >= seen.length || column < 1 || column > ids.length) return;
      const link = seen[line].cells[column].querySelector("a");
      if (link) {
        event.preventDefault();
        link.focus();
        return;
      }
    }
  }

  // --- a cell ------------------------------------------------------------------------------------------------------------

  function cellPage(parts, query) {
    const flavor = ids.indexOf(decoded(parts[parts.length - 1]));
    const name = decoded(parts.slice(1, -1).join("/"));
    let index = rows.findIndex((row) => row.n === name);
    if (index < 0) index = rows.findIndex((row) => (row.m || []).includes(name));
    if (index < 0 || flavor < 0 || rows[index].c[flavor][0] === "") return nothing("cell", decoded(parts.slice(1).join("/")));
    const row = rows[index];
    const other = partner(row, flavor, ids.indexOf(query.get("with")));
    const sides = (other < 0 ? [flavor] : [flavor, other]).map((number) => ({ number, id: ids[number], run: 0 }));
    document.title = `${row.n} on ${ids[flavor]} – ${title}`;
    const story = made("div");
    const redraw = () => story.replaceChildren(...timeline(row, sides, redraw).flat(3).filter((one) => one));
    redraw();
    return [
      ways(index, flavor),
      made("h2", { tabindex: "-1" }, row.n),
      made("p", {}, row.t),
      row.w && made("p", { class: "quiet" }, row.w),
      row.k && made("p", { class: "note" }, `This row stands for ${row.k} scenarios of the topic; the first is told. ` +
        `Others: ${(row.m || []).slice(0, 10).join(", ")}${row.k > 11 ? " …" : ""}`),
      row.d && made("p", {}, `About the ${row.d}: `, row.c.map((cell, number) => row.h[number] &&
        `${ids[number]}: ${row.h[number]}`).filter((text) => text).join(", ") || "nobody says anything"),
      picks(row, flavor, other),
      failures(row),
      differences(row),
      decisions(row, flavor, other),
      outcomes(row),
      story,
    ];
  }

  function partner(row, flavor, asked) {
    const there = row.c.map((cell, number) => number).filter((number) => number !== flavor && row.c[number][0] !== "");
    if (there.includes(asked)) return asked;
    const unlike = there.findLast((number) => !silent(row.c[number][0]) && row.c[number][0] !== row.c[flavor][0]);
    return unlike !== undefined ? unlike : there.length ? there.at(-1) : -1; // the last are the newest
  }

  function ways(index, flavor) {
    const near = (step) => {
      if (!lines[index]) return null;
      for (let at = index + step; at >= 0 && at < listed.length; at += step) {
        if (rows[at].c[flavor][0] !== "" && !lines[at].hidden) return rows[at];
      }
      return null;
    };
    const [before, after] = [near(-1), near(1)];
    return made("nav", { "aria-label": "Neighbours" },
      lines[index] ? made("a", { href: back }, "← Matrix") :
        made("a", { href: `#/space/${encodeURIComponent(rows[index].n.split("/")[1])}` }, "← All of ", rows[index].n.split("/")[1]),
      before && made("a", { href: cellAddress(before, ids[flavor]) }, "Previous: ", before.n),
      after && made("a", { href: cellAddress(after, ids[flavor]) }, "Next: ", after.n));
  }

  function letterOf(row, number) {
    const [letter, word] = row.c[number];
    return letter + (word ? ` ${word}` : "");
  }

  function colour(row, number) {
    const letter = row.c[number][0];
    if (letter === "!" || letter === "?") return "odd";
    if (row.s !== undefined) return "same";
    const order = [...new Set(row.c.map((cell) => cell[0]).filter((one) => !silent(one)))];
    return `o${order.indexOf(letter) % 6}`;
  }

  function picks(row, flavor, other) {
    const links = (heading, current, address) => {
      const id = `picks-${heading.replace(/\W/g, "")}`;
      return [made("p", { id, class: "quiet" }, heading), made("ul", { class: "picks", "aria-labelledby": id },
        row.c.map((cell, number) => cell[0] === "" || (address === withOther && number === flavor) ? null :
          made("li", {}, made("a", { class: colour(row, number), href: address(number), "aria-current": number === current && "true" },
            made("span", { class: "letter" }, letterOf(row, number)), " ", ids[number]))))];
    };
    const withOther = (number) => cellAddress(row, ids[flavor], ids[number]);
    return [links("Outcome on", flavor, (number) => cellAddress(row, ids[number])),
      other >= 0 && links("beside", other, withOther)];
  }

  function failures(row) {
    if (!odd(row)) return null;
    return made("section", {}, made("h2", {}, "Not as expected"),
      made("ul", {}, row.e.map((text) => made("li", { class: "bad" }, text))));
  }

  function byLetter(row) {
    const letters = [...new Set(row.c.map((cell) => cell[0]).filter((one) => !silent(one)))];
    return letters.map((letter) => [letter, ids.filter((id, number) => row.c[number][0] === letter)]);
  }

  function differences(row) {
    if (!row.l) return made("p", {}, row.s === "all agree" ? "All flavors agree on every fact compared." : "Nothing to compare it with.");
    const meaning = new Map(facts);
    const table = (label, found) => scrolling(label, made("table", { class: "plain" },
      made("thead", {}, made("tr", {}, made("th", { scope: "col" }, "fact"), byLetter(row).map(([letter, who], number) =>
        made("th", { scope: "col", class: `o${number % 6}` }, `${letter}: ${who.join(", ")}`)))),
      made("tbody", {}, found.map(([path, values]) => made("tr", {}, made("th", { scope: "row" }, made("code", {}, texts[path])),
        values.map((one) => made("td", {}, texts[one])))))));
    return made("section", {}, made("h2", {}, "What differs"), table("What differs", row.l),
      row.f && made("details", {}, made("summary", {}, "Every fact, one by one"), table("Every fact that differs", row.f)),
      made("details", {}, made("summary", {}, "What these facts mean"), made("ul", {}, (row.a || []).map((number) =>
        made("li", {}, made("code", {}, facts[number][0]), `: ${meaning.get(facts[number][0])}`)))));
  }

  function decisions(row, flavor, other) {
    const found = (row.g || []).filter(([pair]) => pair.includes(flavor) && pair.includes(other));
    if (!found.length) return null;
    const cited = (numbers) => made("td", {}, numbers.length ? made("ul", {}, numbers.map((one) => made("li", {}, texts[one]))) : "–");
    const claims = (numbers) => numbers.length ? made("ul", {}, numbers.map((one) => made("li", {},
      made("a", { href: `#/finding/${encodeURIComponent(findings[one].id)}` }, findings[one].title)))) :
      made("span", { class: "bad" }, "none: it is new");
    const alike = (one, other) => one && other && one[4].join() === other[4].join();
    const rows = (from) => { let to = from + 1; while (alike(found[from], found[to])) to += 1; return to - from; };
    return made("section", {}, made("h2", {}, "What decided it"),
      made("p", { class: "quiet" }, `Between ${ids[flavor]} and ${ids[other]}: the lines of C that decided each fact on which they differ to the end, and the findings that claim it.`),
      scrolling("What decided it", made("table", { class: "plain decided" },
        made("thead", {}, made("tr", {}, ["fact", ids[flavor], ids[other], "finding"].map((text) => made("th", { scope: "col" }, text)))),
        made("tbody", {}, found.map(([pair, paths, one, two, claimed], place) => made("tr", {},
          made("th", { scope: "row" }, made("ul", {}, paths.map((path) => made("li", {}, made("code", {}, texts[path]))))),
          pair[0] === flavor ? [cited(one), cited(two)] : [cited(two), cited(one)],
          alike(found[place], found[place - 1]) ? null : made("td", { rowspan: rows(place) }, claims(claimed))))))));
  }

  function outcomes(row) {
    if (!row.x) return null;
    const there = row.c.map((cell, number) => number).filter((number) => row.c[number][0] !== "");
    return made("section", {}, made("h2", {}, "What can become of it"),
      made("p", { class: "quiet" }, "Steps run concurrently. A row is an outcome; a cell has a schedule that leads to it."),
      scrolling("Outcomes by flavor", made("table", { class: "plain" },
        made("thead", {}, made("tr", {}, made("th", { scope: "col" }, "outcome"), there.map((number) => made("th", { scope: "col" }, ids[number])))),
        made("tbody", {}, row.x.map(([found, where]) => made("tr", {},
          made("th", { scope: "row" }, found.map((one) => texts[one]).join("; ") || "the only outcome"),
          there.map((number) => made("td", {}, where[number] === null ? "never" : made("code", {}, where[number] || "default")))))))));
  }

  function scrolling(label, table) {
    return made("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
  }

  // --- two stories side by side --------------------------------------------------------------------------------------------

  function timeline(row, sides, redraw) {
    const told = sides.map((side) => ((row.y || [])[side.number] || [])[side.run]);
    if (!told.some((one) => one)) {
      return [made("p", { class: "note" }, `This run is not told here for want of room; fork-oracle show ${row.n} --flavor ${sides[0].id} tells it.`)];
    }
    const order = [...new Set(told.flatMap((one) => one ? one[1].map((number) => moments[number][0]) : []))].sort((a, b) => a - b);
    return [schedules(row, sides, redraw), drawings(sides, told, order), ...steps(sides, told, order), citations(sides, told)];
  }

  function schedules(row, sides, redraw) {
    const choosers = sides.map((side) => {
      const runs = (row.y || [])[side.number] || [];
      if (runs.length < 2) return null;
      const select = made("select", { input: (event) => { side.run = event.target.selectedIndex; redraw(); } },
        runs.map((run, number) => made("option", { selected: number === side.run }, run[0] || "default")));
      return made("label", {}, `Schedule on ${side.id} `, select);
    });
    return choosers.some((one) => one) ? made("form", { submit: (event) => event.preventDefault() }, choosers) : null;
  }

  const momentAt = (run, step) => {
    const found = run ? run[1].map((number) => moments[number]).filter((moment) => moment[0] === step) : [];
    return found.length ? found[0] : null;
  };

  function steps(sides, told, order) {
    const table = made("table", { class: "sides" },
      made("thead", {}, made("tr", {}, made("th", { scope: "col", class: "n" }, "step"), sides.map((side) => made("th", { scope: "col" }, side.id)))),
      made("tbody", {}, order.map((step) => {
        const both = told.map((run) => momentAt(run, step));
        const alike = sides.length > 1 && both[0] && both[0] === both[1];
        return made("tr", { "data-alike": alike && "1" }, made("th", { scope: "row", class: "n" }, step === START ? "start" : step >= END - 1 ? "end" : String(step)),
          both.map((moment, number) => made("td", { "data-on": sides[number].id },
            moment ? momentShown(moment, sides.length > 1 ? both[1 - number] : undefined) : made("span", { class: "quiet" }, "not there"))));
      })));
    const only = made("input", { type: "checkbox", input: (event) => {
      for (const line of table.querySelectorAll("[data-alike]")) line.hidden = event.target.checked;
      for (const line of table.querySelectorAll("li:not(.diff)")) line.hidden = event.target.checked;
    } });
    return [made("h2", {}, "Step by step"), sides.length > 1 && made("label", { class: "stepper" }, only, " only what differs"), table];
  }

  function momentShown(moment, other) {
    const parts = pairsOf(moment);
    const known = other ? new Set(pairsOf(other).map(([kind, text]) => `${kind} ${text}`)) : null;
    const resultDiffers = other !== undefined && (!other || other[2] !== moment[2]);
    const [heading, result] = [texts[moment[1]], texts[moment[2]]];
    return [
      made("div", {}, made("span", { class: "head" }, heading), result && [" = ", made("span", { class: resultDiffers ? "result diff" : "result" },
        result, resultDiffers && made("span", { class: "hidden" }, " (differs)"))]),
      made("ul", {}, parts.map(([kind, text]) => {
        const differs = known !== null && kind !== NOISY && !known.has(`${kind} ${text}`);
        return made("li", { class: `k${kind}${differs ? " diff" : ""}` }, made("span", { class: "kind" }, KINDS[kind]), texts[text],
          differs && made("span", { class: "hidden" }, " (differs)"));
      })),
    ].flat();
  }

  function pairsOf(moment) {
    const found = [];
    for (let at = 0; at < moment[3].length; at += 2) found.push([moment[3][at], moment[3][at + 1]]);
    return found;
  }

  function citations(sides, told) {
    const parts = sides.map((side, number) => {
      const flavor = flavors[side.number], passed = numbers(told[number] ? told[number][3] : "");
      const functions = new Map();
      for (const at of passed) {
        const mark = flavor.marks[at];
        if (!functions.has(mark[3])) functions.set(mark[3], []);
        functions.get(mark[3]).push(mark);
      }
      return made("div", {}, made("h3", {}, side.id), functions.size === 0 ? made("p", { class: "quiet" }, "No line that is cited by number.") :
        [...functions].map(([at, marks]) => made("details", {}, made("summary", {}, made("code", {}, flavor.functions[at][0]), ` ${ranges(marks)}`),
          made("ul", {}, marks.filter((mark) => mark[2]).map((mark) => made("li", {}, `[${mark[0] === mark[1] ? mark[0] : `${mark[0]}-${mark[1]}`}] `, mark[2]))))));
    });
    return made("section", {}, made("h2", {}, "Lines of the C that it went through"), made("div", { class: "pair" }, parts));
  }

  function numbers(text) {
    return text ? text.split(", ").flatMap((part) => {
      const [first, last] = part.split("-").map(Number);
      return Array.from({ length: (last || first) - first + 1 }, (unused, step) => first + step);
    }) : [];
  }

  function ranges(marks) {
    const out = [];
    for (const [first, last] of marks) {
      const end = out[out.length - 1];
      if (end && first <= end[1] + 1) end[1] = Math.max(end[1], last);
      else out.push([first, last]);
    }
    return out.map(([first, last]) => first === last ? first : `${first}-${last}`).join(", ");
  }

  // --- the process tree ----------------------------------------------------------------------------------------------------

  function drawings(sides, told, order) {
    const pictureAt = (run, step) => {
      if (!run) return null;
      let found = null;
      run[1].forEach((number, at) => { if (moments[number][0] <= step) found = pictures[run[2][at]]; });
      return found;
    };
    const weight = (step) => Math.max(...told.map((run) => { const found = pictureAt(run, step); return found ? found[1].length * 100 + found[0].length : 0; }));
    let at = order.reduce((best, step, number) => weight(step) > weight(order[best]) ? number : best, 0);
    const pair = made("div", { class: "pair" }), said = made("p", { role: "status" });
    const earlier = made("button", { type: "button", click: () => go(-1) }, "Earlier"), later = made("button", { type: "button", click: () => go(1) }, "Later");
    function go(step) {
      at = Math.min(order.length - 1, Math.max(0, at + step));
      earlier.disabled = at === 0;
      later.disabled = at === order.length - 1;
      said.textContent = order[at] === START ? "At the start" : order[at] >= END - 1 ? "At the end" : `After step ${order[at]}`;
      pair.replaceChildren(...sides.map((side, number) => made("div", {}, made("h3", {}, side.id), drawing(pictureAt(told[number], order[at]), side.id))));
    }
    go(0);
    return made("section", {}, made("h2", {}, "Who is there, and what they share"),
      made("div", { class: "stepper" }, earlier, later, said), pair);
  }

  const WIDTH = 176, GAP = 12, BOX = 44, LINE = 17;

  function drawing(picture, flavor) {
    if (!picture || !picture[0].length) return made("p", { class: "quiet" }, "Nobody to see.");
    const [people, links] = picture;
    const names = new Set(people.map(([role]) => role));
    const above = (parent) => parent && !names.has(parent) ? [parent] : [];
    const outsiders = [...new Set(people.flatMap(([, parent]) => above(parent)))];
    const nodes = new Map([...outsiders.map((role) => [role, { role, state: "", parent: "", kids: [] }]),
      ...people.map(([role, parent, state]) => [role, { role, parent, state, kids: [] }])]);
    const roots = [];
    for (const node of nodes.values()) {
      if (node.parent && node.parent !== node.role && nodes.has(node.parent) && !isAbove(nodes, node, node.parent)) nodes.get(node.parent).kids.push(node);
      else roots.push(node);
    }
    const between = (one, other) => links.find(([a, b]) => (a === one && b === other) || (a === other && b === one));
    const said = (node, kid) => sharing(between(node.role, kid.role));
    let right = 0, bottom = 0;
    const put = (node, y) => {
      bottom = Math.max(bottom, y + BOX);
      node.y = y;
      const below = y + BOX + 36 + LINE * Math.max(0, ...node.kids.map((kid) => said(node, kid).length));
      node.kids.forEach((kid) => put(kid, below));
      if (node.kids.length) node.x = (node.kids[0].x + node.kids[node.kids.length - 1].x) / 2;
      else { node.x = right; right += WIDTH + GAP; }
    };
    roots.forEach((root) => put(root, 0));
    const height = bottom + 4;
    const svg = made("svg", { viewBox: `-2 -2 ${right - GAP + 4} ${height}`, width: right - GAP + 4, height, role: "img", "aria-label": `The process tree on ${flavor}; the list below says the same` });
    for (const node of nodes.values()) svg.append(...edge(node, said));
    for (const node of nodes.values()) svg.append(...box(node));
    const apart = links.filter(([one, other]) => !isParent(nodes, one, other) && !isParent(nodes, other, one));
    return made("div", {}, made("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Processes on ${flavor}` }, svg),
      made("ul", {}, apart.filter((link) => shared(link).length).map((link) => made("li", {}, `${link[0]} and ${link[1]} share ${shared(link).join(", ")}`))),
      inWords([...nodes.values()], links));
  }

  const isParent = (nodes, one, other) => nodes.has(other) && nodes.get(other).parent === one;
  const shared = (link) => [...shares.filter((name, bit) => link[2] & (1 << bit)), link[3] && `regions ${link[3]}`, link[4] && `offsets of ${link[4]}`].filter((one) => one);

  function isAbove(nodes, node, parent) {
    for (let at = nodes.get(parent), tries = 0; at && tries < 1000; at = nodes.get(at.parent), tries += 1) if (at === node) return true;
    return false;
  }

  const cut = (text, most) => [...text].length > most ? [...text].slice(0, most - 1).join("") + "…" : text;

  function box(node) {
    const dead = node.state === "zombie" || node.state === "dying";
    return [made("rect", { x: node.x, y: node.y, width: WIDTH, height: BOX, rx: 5, class: dead ? "dead" : null }),
      made("text", { x: node.x + 8, y: node.y + 18, class: "role" }, cut(node.role, 22)),
      made("text", { x: node.x + 8, y: node.y + 35, class: "quiet" }, cut(node.state || "", 26))];
  }

  function sharing(link) {
    if (!link) return [];
    const said = shares.map((name, bit) => [Boolean(link[2] & (1 << bit)), name]).map(([on, name]) => [on, `${name} ${on ? "shared" : "apart"}`]);
    if (link[3]) said.push([true, cut(`stores show: ${link[3]}`, 24)]);
    if (link[4]) said.push([true, cut(`shared offsets: of ${link[4]}`, 24)]);
    return said;
  }

  function edge(node, sharings) {
    return node.kids.flatMap((kid) => {
      const said = sharings(node, kid);
      const [x1, y1, x2, y2] = [node.x + 14, node.y + BOX, kid.x + 14, kid.y];
      const bend = node.y + BOX + 16;
      const out = [made("line", { x1, y1, x2: x1, y2: bend }), made("line", { x1, y1: bend, x2, y2: bend })];
      out.push(made("line", { x1: x2, y1: bend, x2, y2, class: said.some(([on]) => on) ? "pipe" : null }));
      return [...out, ...said.flatMap(([on, text], line) => [
        made("circle", { cx: x2, cy: bend + 14 + line * LINE, r: 5, class: on ? "dot on" : "dot" }),
        made("text", { x: x2 + 12, y: bend + 18 + line * LINE, class: on ? "shared" : "apart" }, text)])];
    });
  }

  function inWords(nodes, links) {
    return made("details", {}, made("summary", {}, "The same in words"), made("ul", {},
      nodes.filter((node) => node.state).map((node) => made("li", {}, `${node.role} is ${node.state}${node.parent ? `, child of ${node.parent}` : ""}`)),
      links.map((link) => made("li", {}, `${link[0]} and ${link[1]} share ${shared(link).join(", ") || "nothing"}`))));
  }

  // --- a flavor ------------------------------------------------------------------------------------------------------------

  function flavorPage(parts) {
    const flavor = flavors.find((one) => one.id === decoded(parts.slice(1).join("/")));
    if (!flavor) return nothing("flavor", decoded(parts.slice(1).join("/")));
    document.title = `${flavor.id} – ${title}`;
    const pairs = (list) => made("ul", { class: "numbers" }, list.map(([name, value]) => made("li", {}, made("code", {}, name), ` ${value}`)));
    const reasons = (heading, list) => list.length ? [made("h3", {}, heading), made("ul", {}, list.map(([name, why]) => made("li", {}, made("code", {}, name), `: ${why}`)))] : [];
    return [
      made("nav", { "aria-label": "Back" }, made("a", { href: back }, "← Matrix"),
        made("a", { href: `#/?flavor=${whole(flavor.id)}` }, "Scenarios that run on it")),
      made("h2", { tabindex: "-1" }, flavor.id), made("p", {}, flavor.title),
      flavor.sources.length > 0 && made("p", {}, `Cites ${flavor.sources.join("; ")}`),
      made("h2", {}, "Constants"), flavor.tunables.length ? [made("h3", {}, "Tunables, with their defaults"), pairs(flavor.tunables)] : [],
      made("h3", {}, "Signals"), pairs(flavor.signals),
      flavor.flags.map(([word, list]) => [made("h3", {}, word), pairs(list)]),
      made("h2", {}, "Calls"), calls(flavor), ...reasons("Its kernel has no", flavor.absent), ...reasons("Not modelled", flavor.unmodelled),
      ...reasons("Invariants that the real kernel breaks", flavor.violations),
      coverage(flavor), cited(flavor),
    ].flat(3);
  }

  function calls(flavor) {
    return scrolling(`Calls of ${flavor.id}`, made("table", { class: "plain" }, made("thead", {}, made("tr", {}, ["call", "parameters", "", "what it does"].map((head) =>
      head ? made("th", { scope: "col" }, head) : made("th", { scope: "col" }, "kind")))),
    made("tbody", {}, flavor.calls.map(([name, params, meaning, portable]) => made("tr", {}, made("th", { scope: "row" }, made("code", {}, name)),
      made("td", {}, made("code", {}, params)), made("td", {}, portable ? "portable" : "its own"), made("td", {}, meaning))))));
  }

  function coverage(flavor) {
    const heads = ["function", "lines of code", "modelled", "left out", "not accounted for", "to exercise", "exercised by this report"];
    return flavor.coverage.map(([source, functions, left]) => made("section", {}, made("h2", {}, `How much of ${source} is covered`),
      scrolling(`Coverage of ${source}`, made("table", { class: "plain" }, made("thead", {}, made("tr", {}, heads.map((head) => made("th", { scope: "col" }, head)))),
        made("tbody", {}, functions.map(([name, ...counts]) => made("tr", {}, made("th", { scope: "row" }, name), counts.map((count) => made("td", {}, String(count)))))))),
      made("details", {}, made("summary", {}, "Left out on purpose"), made("ul", {}, left.map(([range, why]) => made("li", {}, `[${range}] ${why}`))))));
  }

  function cited(flavor) {
    if (!flavor.functions.length) return null;
    return made("section", {}, made("h2", {}, "Citations"), flavor.functions.map(([name, first, last, where], at) => {
      const marks = flavor.marks.filter((mark) => mark[3] === at);
      return made("details", {}, made("summary", {}, made("code", {}, name), first ? ` lines ${first} to ${last}` : "", ` – ${where}`),
        marks.length ? made("ul", {}, marks.map((mark) => made("li", {}, `[${mark[0] === mark[1] ? mark[0] : `${mark[0]}-${mark[1]}`}] `, mark[2]))) :
          made("p", { class: "quiet" }, "cited as a whole"));
    }));
  }

  // --- which page ------------------------------------------------------------------------------------------------------------

  let back = "#/", last = null;

  function nothing(kind, name) {
    document.title = title;
    return [made("h2", { tabindex: "-1" }, "There is nothing here"), made("p", {}, `No ${kind} in this report is called ${name || "that"}.`),
      made("p", {}, made("a", { href: "#/" }, "To the matrix"))];
  }

  function guidePage(parts) {
    const found = otherPages.guide(parts.slice(1).map(decoded), cellAddress);
    if (!found) return nothing("guide", decoded(parts.slice(1).join("/")));
    document.title = `${found[0].textContent} – ${title}`;
    return found;
  }

  function show() {
    const { parts, query } = place();
    const [kind] = parts;
    if (!home.hidden) back = location.hash && last && last.startsWith("#/?") ? last : "#/";
    const other = otherPages.show(decoded);
    home.hidden = Boolean(other) || home.hidden;
    if (other) {
      view.hidden = true;
      view.replaceChildren();
      document.title = `${other} – ${title}`;
    } else if (kind === "cell" || kind === "flavor" || kind === "guide") {
      home.hidden = true;
      view.hidden = false;
      const page = kind === "cell" ? cellPage(parts, query) : kind === "guide" ? guidePage(parts) : flavorPage(parts);
      view.replaceChildren(...page.flat(3).filter((one) => one));
      scrollTo(0, 0);
      const heading = view.querySelector("h2[tabindex]");
      if (heading) heading.focus({ preventScroll: true });
    } else {
      document.title = title;
      const from = last && last.startsWith("#/cell/") ? last.split("?")[0].slice(1) : "";
      view.hidden = true;
      view.replaceChildren();
      home.hidden = false;
      setFilters(query);
      const cell = from && document.getElementById(from);
      if (cell && !cell.parentElement.hidden) {
        cell.scrollIntoView({ block: "center" });
        cell.querySelector("a").focus({ preventScroll: true });
      }
    }
    last = location.hash;
  }

  prepare();
  addEventListener("hashchange", show);
  show();
})();
