/*
 * page_table.js - second part of the page's script: one table, which sorts, filters and pages through its
 * rows. The rows stand in the page as JSON (page_table.c says what the cells are) and are parsed when the table
 * is first touched.
 */

const SIZES = [25, 50, 100, 250, 1000];
const FIRST_SIZE = 50;
const FEW_ROWS = 5;	/* nothing to filter */
/* ---- tables ---- */

const tables = new Map();
let findText = "";

class Table {
	constructor(section) {
		this.section = section;
		this.name = section.id;
		this.title = $("h2", section).textContent;
		this.total = Number(section.dataset.total);
		this.embedded = Number(section.dataset.rows);
		this.count = $(".count", section);
		this.nav = $('nav a[href="#' + this.name + '"]');
		this.columns = $$("th[data-name]", section).map((th, at) => ({
			at, th, name: th.dataset.name, type: th.dataset.type, kind: th.classList[0], label: th.textContent.trim(),
			description: th.title, hidden: false
		}));
		this.sort = [];
		this.filter = "";
		this.words = [];	/* to mark */
		this.page = 0;
		this.size = FIRST_SIZE;
		this.rows = null;
		this.order = null;	/* numbers of the rows shown; null: all, as they are */
		if (this.columns.length > 0) {
			this.body = $("tbody", section);
			this.addTools();
			this.addSorting();
			this.addPager();
			this.showCounts();
			this.markCuts();
			this.dressRows();
		}
	}

	load() {
		if (this.rows === null) {
			const el = document.getElementById("data-" + this.name);
			this.rows = el ? JSON.parse(el.textContent) : [];
			this.haystacks = new Array(this.rows.length);
		}
		return this.rows;
	}

	haystack(at) {
		let s = this.haystacks[at];
		if (s === undefined) {
			const row = this.rows[at];
			const parts = [];
			for (const col of this.columns) {
				const v = row[col.at];
				if (v !== null) {
					parts.push(col.type === "text" ? visible(v) : col.type === "bool" ? (v ? "yes" : "no") : digitsOf(v));
				}
			}
			s = parts.join("\n").toLowerCase();
			this.haystacks[at] = s;
		}
		return s;
	}

	/* -- what is shown -- */

	get shown() {
		return this.order === null ? this.embedded : this.order.length;
	}

	rowAt(i) {
		return this.order === null ? i : this.order[i];
	}

	/* Filters and sorts again, then draws. */
	update() {
		this.words = [];
		const tests = [...parseFilter(this.filter, this.columns, this.words), ...parseFilter(findText, this.columns, this.words)];
		if (tests.length === 0 && this.sort.length === 0) {
			this.order = null;
		} else {
			const rows = this.load();
			const order = [];
			for (let i = 0; i < rows.length; i++) {
				if (tests.length === 0 || this.passes(tests, i)) {
					order.push(i);
				}
			}
			this.order = this.sorted(order);
		}
		this.page = 0;
		this.draw();
	}

	passes(tests, i) {
		const haystack = this.haystack(i);
		return tests.every((test) => test(this.rows[i], haystack));
	}

	/* Unknown cells come last either way; equal rows keep the order of the report. */
	sorted(order) {
		const keys = this.sort.map(({ col, down }) => ({ down, keys: this.sortKeys(col) }));
		if (keys.length === 0) {
			return order;
		}
		return order.sort((a, b) => {
			for (const k of keys) {
				const x = k.keys[a];
				const y = k.keys[b];
				if (x !== y) {
					if (x === null || y === null) {
						return x === null ? 1 : -1;
					}
					if (x < y || x > y) {
						return (x < y) === k.down ? 1 : -1;
					}
				}
			}
			return a - b;
		});
	}

	sortKeys(col) {
		const text = col.type === "text" || col.type === "time";
		return this.rows.map((row) => {
			const v = row[col.at];
			return v === null || text || typeof v === "boolean" ? v : numberOf(v);
		});
	}

	draw() {
		const rows = this.load();
		const from = this.page * this.size;
		const to = Math.min(from + this.size, this.shown);
		const body = document.createDocumentFragment();
		const columns = this.columns.filter((c) => !c.hidden);
		const bars = this.barScale();
		for (let i = from; i < to; i++) {
			const at = this.rowAt(i);
			const tr = make("tr", {}, make("td", { className: "r" }, String(at + 1)));
			for (const col of columns) {
				tr.append(this.cell(col, rows[at][col.at], bars));
			}
			body.append(tr);
		}
		if (to === 0) {
			body.append(make("tr", {}, make("td", { className: "nothing", colSpan: columns.length + 1 }, this.whyNone())));
		}
		this.body.replaceChildren(body);
		this.showCounts();
		this.markCuts();
		this.dressRows();
	}

	/* A filter that names a column which is not there is looked for as a word: then say so. */
	whyNone() {
		const missing = notColumns(this.filter, this.columns);
		return "No row matches." + (missing.length > 0 ? " There is no column called " + missing.join(" or ") +
			" here: Columns lists them." : "");
	}

	cell(col, v, bars) {
		const td = make("td", { className: col.kind });
		if (v === null) {
			td.classList.add("u");
			td.textContent = "–";
		} else if (col.type === "time") {
			td.append(make("span", {}, v.slice(0, 10)), " " + v.slice(11, 26));
		} else if (col.type === "text") {
			td.append(...marked(visible(v), this.words));
		} else {
			td.textContent = shownText(col, v);
			if (v === 0 && col.kind === "n") {
				td.classList.add("z");
			}
		}
		if (bars && bars.col === col && v !== null) {
			td.classList.add("bar");
			td.style.setProperty("--w", (100 * Number(digitsOf(v)) / bars.max).toFixed(2) + "%");
		}
		return td;
	}

	/* Bars stand behind the numbers of the column that sorts the table. */
	barScale() {
		const col = this.sort.length > 0 ? this.sort[0].col : null;
		if (!col || col.kind !== "n") {
			return null;
		}
		let max = 0;
		for (let i = 0; i < this.shown; i++) {
			const v = this.rows[this.rowAt(i)][col.at];
			if (v !== null) {
				max = Math.max(max, Number(digitsOf(v)));
			}
		}
		return max > 0 ? { col, max } : null;
	}

	showCounts() {
		const all = count(this.total, "row", "rows");
		const filtered = this.filter !== "" || findText !== "";
		const part = this.embedded < this.total;
		/* What the page does not hold is neither looked at nor sorted. */
		const of = part ? "the first " + count(this.embedded, "row", "rows") + ", of " + grouped(this.total) + " in all" : all;
		this.count.textContent = filtered ? grouped(this.shown) + " of " + of : part && this.sort.length > 0 ? of + ", sorted" : all;
		if (this.nav) {
			$("span", this.nav).textContent = filtered ? grouped(this.shown) + " / " + grouped(this.embedded) : grouped(this.total);
			this.nav.classList.toggle("none", filtered && this.shown === 0);
		}
		const from = this.page * this.size;
		const to = Math.min(from + this.size, this.shown);
		this.at.textContent = this.shown > 0 ? grouped(from + 1) + "–" + grouped(to) + " of " + grouped(this.shown) : "";
		for (const button of this.pagerButtons) {
			button.disabled = button.dataset.go < 0 ? from === 0 : to >= this.shown;
		}
		this.pager.hidden = this.shown <= SIZES[0];
	}

	/* Cells whose text does not fit open by a click. */
	markCuts() {
		if (this.section.offsetParent !== null) {
			const cells = $$("td.t", this.body);
			const cut = cells.map((td) => td.scrollWidth > td.clientWidth + 1);
			cells.forEach((td, i) => td.classList.toggle("cut", cut[i]));
			this.section.style.setProperty("--r", $("th.r", this.section).offsetWidth + "px");
		}
	}

	/* The parts of the rows that only a page with a script has. */
	dressRows() {
		const from = this.page * this.size;
		const first = this.columns.find((c) => !c.hidden);
		for (const col of this.columns) {
			col.th.classList.toggle("first", col === first);
		}
		for (const row of this.body.rows) {
			if (first && row.cells.length > 1) {
				row.cells[1].classList.add("first");
			}
		}
		$$("td.r", this.body).forEach((td, i) => {
			td.replaceChildren(make("button", { type: "button", title: "All of this row", "data-row": from + i,
				"aria-label": "Details of row " + td.textContent }, td.textContent));
		});
	}

	/* -- controls -- */

	addTools() {
		const columns = this.columns;
		this.input = make("input", { type: "search", placeholder: "Filter rows: words, " + this.exampleFilter(),
			autocomplete: "off", spellcheck: false, "aria-label": "Filter rows of " + this.title });
		this.input.addEventListener("input", later(() => this.setFilter(this.input.value), 120));
		const wrap = make("button", { type: "button", "aria-pressed": "false", title: "Show long texts in full" }, "Wrap");
		wrap.addEventListener("click", () => {
			const on = this.section.classList.toggle("wrapped");
			wrap.setAttribute("aria-pressed", on);
			this.markCuts();
		});
		const csv = make("button", { type: "button", title: "Download the rows shown as CSV" }, "CSV");
		csv.addEventListener("click", () => this.download());
		const link = make("button", { type: "button", title: "Copy a link to this view" }, "Link");
		link.addEventListener("click", () => copy(this.link(), "Link copied"));
		this.menu = make("div");
		this.menuItems = columns.map((col) => {
			const box = make("input", { type: "checkbox", checked: true });
			box.addEventListener("change", () => this.hide(col, !box.checked));
			this.menu.append(make("label", {}, box, make("span", {}, col.label), make("small", {}, col.description)));
			return box;
		});
		this.tools = make("div", { className: "tools" }, this.input, this.helpMenu(),
			make("details", { className: "menu" }, make("summary", {}, "Columns"), this.menu), wrap, csv, link);
		this.tools.hidden = this.total <= FEW_ROWS;
		$(".scroll", this.section).before(this.tools);
		const scroll = $(".scroll", this.section);
		scroll.addEventListener("scroll", () => scroll.classList.toggle("aside", scroll.scrollLeft > 0), { passive: true });
		this.body.addEventListener("click", (e) => this.clicked(e));
		this.body.addEventListener("mouseover", (e) => this.pointed(e));
	}

	exampleFilter() {
		const text = this.columns.find((c) => c.type === "text");
		const amount = this.columns.find((c) => c.type === "duration") || this.columns.find((c) => c.kind === "n");
		const parts = [];
		if (text) {
			parts.push(text.name + ":text");
		}
		if (amount) {
			parts.push(amount.name + (amount.type === "duration" ? ">10ms" : amount.type === "bytes" ? ">1mb" : ">0"));
		}
		return parts.join(", ");
	}

	helpMenu() {
		const line = (...parts) => make("p", {}, ...parts.map((p, i) => i % 2 ? p : make("code", {}, p)));
		return make("details", { className: "menu" }, make("summary", { title: "How to filter", "aria-label": "How to filter" }, "?"),
			make("div", { className: "help" },
				line("two words", " rows with both, in any column; ", '"two words"', " as they stand"),
				line("-word", " rows without it"),
				line("column:text", " in that column; also ", "=", " ", "!=", " ", "<", " ", ">", " ", "<=", " ", ">="),
				line("duration>10ms", " ", "bytes>=1mib", " ", "time>08:02", " amounts with units, times as far as given"),
				line("column=unknown", " what was not observed (–)"),
				make("p", {}, "Columns: " + this.columns.map((c) => c.name).join(", "))));
	}

	addSorting() {
		for (const col of this.columns) {
			const button = make("button", { type: "button" }, ...col.th.childNodes);
			button.addEventListener("click", (e) => this.sortBy(col, e.shiftKey));
			col.th.replaceChildren(button);
		}
	}

	addPager() {
		const go = (label, to, title) => {
			const button = make("button", { type: "button", title, "data-go": to, "aria-label": title }, label);
			button.addEventListener("click", () => this.turn(to));
			return button;
		};
		this.at = make("span", { className: "at" });
		this.pagerButtons = [go("«", -2, "First page"), go("‹", -1, "Previous page"), go("›", 1, "Next page"), go("»", 2, "Last page")];
		this.sizes = make("select", { "aria-label": "Rows per page" }, ...SIZES.map((n) => make("option", { value: n }, n + " rows")));
		this.sizes.value = this.size;
		this.sizes.addEventListener("change", () => {
			this.size = Number(this.sizes.value);
			this.page = 0;
			this.draw();
		});
		this.pager = make("div", { className: "pager" }, this.at, ...this.pagerButtons, this.sizes);
		$(".scroll", this.section).after(this.pager);
	}

	turn(to) {
		const last = Math.max(0, Math.ceil(this.shown / this.size) - 1);
		this.page = to === -2 ? 0 : to === 2 ? last : Math.min(last, Math.max(0, this.page + to));
		this.draw();
		$(".scroll", this.section).scrollTop = 0;
	}

	setFilter(text) {
		this.filter = text.trim();
		if (this.input.value.trim() !== this.filter) {
			this.input.value = this.filter;
		}
		this.update();
	}

	/* Numbers begin with the largest, texts with the first; a third click goes back to the report's order. */
	sortBy(col, more) {
		const down = col.kind === "n";
		const was = this.sort.find((s) => s.col === col);
		const rest = more ? this.sort.filter((s) => s.col !== col) : [];
		if (!was) {
			rest.push({ col, down });
		} else if (was.down === down) {
			rest.push({ col, down: !down });
		}
		this.setSort(rest);
		this.update();
	}

	setSort(sort) {
		this.sort = sort;
		for (const { th } of this.columns) {
			th.removeAttribute("aria-sort");
		}
		for (const { col, down } of sort) {
			col.th.setAttribute("aria-sort", down ? "descending" : "ascending");
		}
	}

	hide(col, hidden) {
		col.hidden = hidden;
		col.th.hidden = hidden;
		this.menuItems[col.at].checked = !hidden;
		this.draw();
	}

	clicked(e) {
		const button = e.target.closest("td.r button");
		if (button) {
			showRow(this, Number(button.dataset.row));
			return;
		}
		const td = e.target.closest("td.t");
		if (td && (td.classList.contains("cut") || td.classList.contains("open")) && String(getSelection()) === "") {
			td.classList.toggle("open");
		}
	}

	/* The exact value as a tool tip, made when it is asked for. */
	pointed(e) {
		const td = e.target.closest("td");
		if (!td || td.title || td.classList.contains("r") || td.classList.contains("nothing")) {
			return;
		}
		const columns = this.columns.filter((c) => !c.hidden);
		const col = columns[td.cellIndex - 1];
		const at = this.rowAt(this.page * this.size + td.parentNode.sectionRowIndex);
		const text = col ? exactText(col, this.load()[at][col.at]) : "";
		if (text !== td.textContent || td.classList.contains("cut")) {
			td.title = text.length > 600 ? text.slice(0, 600) + "…" : text;
		}
	}

	/* -- links and files -- */

	link() {
		const params = new URLSearchParams();
		if (this.filter) {
			params.set("q", this.filter);
		}
		if (this.sort.length > 0) {
			params.set("sort", this.sort.map((s) => (s.down ? "-" : "") + s.col.name).join(","));
		}
		const hidden = this.columns.filter((c) => c.hidden).map((c) => c.name).join(",");
		if (hidden) {
			params.set("hide", hidden);
		}
		if (findText) {
			params.set("find", findText);
		}
		const query = params.toString();
		return location.href.replace(/#.*$/, "") + "#" + this.name + (query ? "?" + query : "");
	}

	restore(params) {
		const find = (name) => this.columns.find((c) => c.name === name);
		for (const name of (params.get("hide") || "").split(",")) {
			const col = find(name);
			if (col) {
				col.hidden = col.th.hidden = true;
				this.menuItems[col.at].checked = false;
			}
		}
		const sort = [];
		for (const part of (params.get("sort") || "").split(",")) {
			const col = find(part.replace(/^-/, ""));
			if (col) {
				sort.push({ col, down: part[0] === "-" });
			}
		}
		this.setSort(sort);
		this.setFilter(params.get("q") || "");
	}

	csvCell(col, v) {
		const plain = plainValue(col, v);
		if (plain === null) {
			return "";
		}
		if (col.type !== "text") {
			return String(plain);
		}
		/* What a spreadsheet would run becomes text, as in the files of csv/. */
		const kept = plain.split(/([\n\r\t])/).map((part, i) => i % 2 ? part : visible(part)).join("");
		const safe = (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(plain) ? "'" : "") + kept;
		return safe === "" || /[",\r\n\t]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
	}

	download() {
		const rows = this.load();
		const columns = this.columns.filter((c) => !c.hidden);
		const lines = [columns.map((c) => c.name).join(",")];
		for (let i = 0; i < this.shown; i++) {
			const row = rows[this.rowAt(i)];
			lines.push(columns.map((c) => this.csvCell(c, row[c.at])).join(","));
		}
		const url = URL.createObjectURL(new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
		make("a", { href: url, download: this.name + (this.shown < this.total ? "-part" : "") + ".csv" }).click();
		setTimeout(() => URL.revokeObjectURL(url), 60000);
		say(count(this.shown, "row", "rows") + " written");
	}
}
