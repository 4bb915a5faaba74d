/*
 * page_trees.js - third part of the page's script: the slowest request trees as waterfalls. page_trees.c wrote a list and,
 * as JSON, per tree the number of its spans and their rows: [number of the row in table spans, cells].
 */

const WAITS = ["file", "socket", "dns", "lock", "sleep", "child", "poll", "off_cpu", "other"];

/* A word of a shell, whatever is in it. */
function shellWord(s) {
	return /^[\w./:@%+,=-]+$/.test(s) && s[0] !== "-" ? s : "'" + s.replace(/'/g, "'\\''") + "'";
}

/* How to list the calls of a row: all between its first and last event, of its thread. */
function callsCommand(get) {
	const first = ["request_event", "read_event", "accept_event"].map(get).find((v) => v);
	const last = ["response_last_event", "last_write_event", "response_event", "request_last_event"].map(get).find((v) => v);
	const source = get("calls_source") || get("source");
	const tid = get("tid") || get("server_tid");
	if (!first || !last || !source || source === "-") {
		return null;
	}
	const raw = '%evt.rawnum %thread.tid %evt.time %proc.name %evt.type %evt.args';
	const thread = tid ? " && $2 == " + tid : "";
	return "thresher print -p " + shellWord("*" + raw) + " " + shellWord(visible(source)) +
		" | awk " + shellWord("$1 >= " + first + " && $1 <= " + last + thread);
}

function nsOfTime(iso) {
	return BigInt(Date.parse(iso.slice(0, 19) + "Z")) * 1000000n + BigInt(iso.slice(20, 29));
}

/* What a span waited for, the longest first. */
function waitText(columns, get) {
	const parts = [];
	for (const kind of WAITS) {
		const v = get("wait_" + kind);
		if (v !== null && v !== undefined && digitsOf(v) !== "0") {
			parts.push({ ns: Number(digitsOf(v)), text: kind.replace("_", " ") + " " + shownText(columns.get("wait_" + kind), v) });
		}
	}
	return parts.sort((a, b) => b.ns - a.ns).map((p) => p.text).join(", ");
}

class Tree {
	constructor(table, total, rows) {
		this.table = table;
		this.total = total;
		this.columns = new Map(table.columns.map((c) => [c.name, c]));
		this.spans = rows.map(([number, cells]) => this.span(number, cells));
		const byId = new Map(this.spans.map((s) => [s.id, s]));
		for (const s of this.spans) {
			const parent = byId.get(s.parent);
			if (parent && parent !== s) {
				parent.children.push(s);
			}
		}
		this.root = byId.get(this.spans[0].root) || this.spans[0];
	}

	span(number, cells) {
		const get = (name) => {
			const col = this.columns.get(name);
			return col ? cells[col.at] : null;
		};
		const duration = get("duration");
		return { number, cells, get, children: [], id: get("id"), parent: get("parent"), root: get("root"),
			start: get("start") ? nsOfTime(get("start")) : null, duration: duration === null ? 0 : Number(digitsOf(duration)) };
	}

	/* Depth first, in the order of the starts: as they stand. A span is drawn once, whatever the data says. */
	ordered() {
		const out = [];
		const seen = new Set();
		const stack = [{ span: this.root, depth: 0 }];
		while (stack.length > 0) {
			const { span, depth } = stack.pop();
			if (seen.has(span)) {
				continue;
			}
			seen.add(span);
			out.push({ span, depth });
			for (let i = span.children.length - 1; i >= 0; i--) {
				stack.push({ span: span.children[i], depth: depth + 1 });
			}
		}
		return out;
	}

	shown(span, name) {
		return shownText(this.columns.get(name), span.get(name));
	}

	who(span) {
		const pid = span.get("pid");
		return this.shown(span, "process") + (pid === null ? "" : " " + pid);
	}

	summary() {
		const r = this.root;
		return make("summary", {}, make("b", {}, this.shown(r, "duration")),
			make("code", {}, spanName(this, r)), make("span", {}, this.who(r) + " · " + count(this.total, "span", "spans")),
			make("time", {}, this.shown(r, "start")));
	}

	bar(span, from, whole) {
		const bar = make("span", { className: "bar " + span.get("kind") });
		const at = span.start === null || from === null ? 0 : Number(span.start - from);
		const left = Math.min(100, Math.max(0, 100 * at / whole));
		bar.style.setProperty("left", left.toFixed(3) + "%");
		bar.style.setProperty("width", Math.min(100 - left, 100 * span.duration / whole).toFixed(3) + "%");
		const first = span.get("time_to_first_byte");
		if (first !== null && span.duration > 0) {
			const tick = make("i");
			tick.style.setProperty("left", Math.min(100, 100 * Number(digitsOf(first)) / span.duration).toFixed(3) + "%");
			bar.append(tick);
		}
		return make("span", { className: "lane" }, bar);
	}

	row({ span, depth }, from, whole) {
		const waits = waitText(this.columns, span.get);
		const label = make("span", { className: "what" }, make("b", {}, this.who(span)), " ",
			make("small", {}, this.shown(span, "protocol")), " ", make("code", {}, spanName(this, span)));
		label.style.setProperty("padding-left", Math.min(depth, 12) * .9 + "rem");
		const button = make("button", { type: "button", title: waits ? "Waited for " + waits : "" },
			label, this.bar(span, from, whole), make("span", { className: "took" }, this.shown(span, "duration")));
		button.addEventListener("click", () => showCells(this.table, span.number, span.cells));
		return make("li", {}, button);
	}

	draw(details) {
		const all = this.ordered();
		const from = this.root.start;
		const whole = Math.max(1, this.root.duration, ...all.map(({ span }) =>
			span.start === null || from === null ? 0 : Number(span.start - from) + span.duration));
		details.append(make("ul", { role: "list" }, ...all.map((s) => this.row(s, from, whole))));
		if (this.total > this.spans.length) {
			details.append(make("p", { className: "note" }, grouped(this.total - this.spans.length) +
				" more spans of this tree are in the table, with root " + this.root.id + "."));
		}
	}
}

function spanName(tree, span) {
	const name = span.get("name");
	return name === null ? tree.shown(span, "kind") : visible(name);
}

/* The list becomes one of waterfalls, each drawn when it is first opened. */
function addTrees() {
	const section = document.getElementById("trees");
	const data = document.getElementById("data-trees");
	const table = tables.get("spans");
	if (!section || !data || !table) {
		return;
	}
	const list = $("ol", section);
	list.replaceChildren(...JSON.parse(data.textContent).map(([total, ...rows]) => {
		const tree = new Tree(table, total, rows);
		const details = make("details", {}, tree.summary());
		details.addEventListener("toggle", () => {
			if (details.open && !$("ul", details)) {
				tree.draw(details);
			}
		});
		return make("li", {}, details);
	}));
	const key = (kind, text) => make("span", {}, make("i", { className: "bar " + kind }), text);
	list.before(make("p", { className: "key", "aria-label": "Colours of the bars" }, key("client", "as who asked saw it"),
		key("server", "in the process that served it"), key("process", "a process it started"),
		"A line in a bar: the first byte of the answer."));
	section.classList.add("live");
}
