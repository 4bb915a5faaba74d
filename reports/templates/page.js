/*
 * page.js - last part of the page's script: the row in full, plots, finding in all tables, links.
 */

let saidTimer = 0;
function say(text) {
	$("#said").textContent = text;
	clearTimeout(saidTimer);
	saidTimer = setTimeout(() => { $("#said").textContent = ""; }, 2500);
}

/* navigator.clipboard is missing or refused on some pages from disk. */
function copy(text, done) {
	const byHand = () => {
		const area = make("textarea", { value: text, "aria-hidden": "true" });
		($("dialog[open]") || document.body).append(area);
		area.select();
		const ok = document.execCommand("copy");
		area.remove();
		say(ok ? done : "Copying is not allowed here");
	};
	if (navigator.clipboard) {
		navigator.clipboard.writeText(text).then(() => say(done), byHand);
	} else {
		byHand();
	}
}

/* ---- one row in full ---- */

const dialog = $("#row");
let open = null;

function showRow(table, i) {
	const at = table.rowAt(i);
	showCells(table, at, table.load()[at], i);
}

/* i: its place in the table as it is shown; without one there is no next row. */
function showCells(table, at, row, i = -1) {
	open = { table, i, row };
	$("h2", dialog).textContent = table.title;
	$(".count", dialog).textContent = "row " + grouped(at + 1);
	$('[data-go="-1"]', dialog).disabled = i <= 0;
	$('[data-go="1"]', dialog).disabled = i < 0 || i + 1 >= table.shown;
	$("dl", dialog).replaceChildren(...table.columns.map((col) => {
		const v = row[col.at];
		const dd = make("dd", { className: col.type === "text" && v !== null ? "t" : "" }, shownText(col, v));
		if (v !== null && (col.type === "duration" || col.type === "bytes")) {
			dd.append(" ", make("small", {}, exactText(col, v)));
		} else if (v !== null && col.type === "time") {
			dd.textContent = v;
		}
		return make("div", {}, make("dt", {}, col.label, make("small", {}, col.description)), dd);
	}));
	showCommand(table, row);
	if (!dialog.open) {
		dialog.showModal();
	}
	dialog.scrollTop = 0;
}

/* Rows that stand for calls of a thread say how to list those. */
function showCommand(table, row) {
	const command = callsCommand((name) => {
		const col = table.columns.find((c) => c.name === name);
		return col ? row[col.at] : null;
	});
	if (command !== null) {
		$("dl", dialog).prepend(make("div", {}, make("dt", {}, "calls in between", make("small", {}, "This command lists them")),
			make("dd", { className: "t" }, command)));
	}
}

dialog.addEventListener("click", (e) => {
	if (e.target === dialog) {
		dialog.close();
	} else if (e.target.dataset.go) {
		showRow(open.table, open.i + Number(e.target.dataset.go));
	} else if ("copy" in e.target.dataset) {
		const { table, row } = open;
		const parts = table.columns.map((c) => {
			const v = plainValue(c, row[c.at]);
			const big = typeof v === "bigint" || (typeof v === "string" && c.type !== "text" && c.type !== "time");
			return JSON.stringify(c.name) + ":" + (big ? String(v) : JSON.stringify(v));
		});
		copy("{" + parts.join(",") + "}", "Row copied");
	}
});
dialog.addEventListener("keydown", (e) => {
	const to = e.key === "ArrowLeft" ? -1 : e.key === "ArrowRight" ? 1 : 0;
	if (to !== 0 && open.i >= 0 && open.i + to >= 0 && open.i + to < open.table.shown) {
		showRow(open.table, open.i + to);
	}
});

/* ---- plots: what was it just there? ---- */

/* The plot area within the drawing: the margins of plot.gp. */
const AREA = { left: 0.1, right: 0.985, top: 0.175, bottom: 0.81 };
const BREAK = 0.03;	/* of the width: PLOT_BREAK of plot.h */

function msOf(iso) {
	return Date.parse(iso.slice(0, 23) + "Z") + Number(iso.slice(23, 29)) / 1e6;
}

/* The time at x, from 0 to 1, of an axis of spans with pauses between them; null within a pause. */
function timeAt(spans, x) {
	const total = spans.reduce((sum, s) => sum + s.to - s.from, 0);
	const scale = total / (1 - BREAK * (spans.length - 1));
	let at = x * scale;
	for (const span of spans) {
		const length = span.to - span.from;
		if (at < length) {
			return at < 0 ? null : span.from + at;
		}
		at -= length + BREAK * scale;
	}
	return null;
}

function spansOf(text) {
	const times = text.split(" ").map(msOf);
	const spans = [];
	for (let i = 0; i + 1 < times.length; i += 2) {
		spans.push({ from: times[i], to: times[i + 1] });
	}
	return spans;
}

function addPlotTip(figure) {
	const table = tables.get(figure.dataset.table);
	const svg = $("svg", figure);
	const time = table && table.columns.find((c) => c.name === "time");
	if (!svg || !time || !figure.dataset.spans) {
		return;
	}
	const interval = table.columns.find((c) => c.name === "interval");
	const spans = spansOf(figure.dataset.spans);
	const columns = figure.dataset.columns.split(" ").map((n) => table.columns.find((c) => c.name === n)).filter(Boolean);
	const tip = make("div", { className: "tip", hidden: true });
	const cross = make("div", { className: "cross", hidden: true });
	let times = null;

	const leave = () => { tip.hidden = cross.hidden = true; };
	const move = (e) => {
		const rows = table.load();
		if (rows.length === 0) {
			return;
		}
		times = times || rows.map((row) => msOf(row[time.at]));
		const box = svg.getBoundingClientRect();
		const outer = figure.getBoundingClientRect();
		const x = ((e.clientX - box.left) / box.width - AREA.left) / (AREA.right - AREA.left);
		const width = interval ? Number(digitsOf(rows[0][interval.at])) / 1e6 :
			times.length > 1 ? times[times.length - 1] - times[times.length - 2] : 1000;
		const at = timeAt(spans, x);
		if (at === null || at < times[0] || at >= times[times.length - 1] + width) {
			leave();
			return;
		}
		let low = 0;
		let high = times.length;
		while (high - low > 1) {
			const mid = (low + high) >> 1;
			if (times[mid] <= at) {
				low = mid;
			} else {
				high = mid;
			}
		}
		const row = rows[low];
		/* Of many series those that are there. */
		const there = columns.filter((c) => columns.length <= 4 || row[c.at]);
		tip.replaceChildren(make("b", {}, shownText(time, row[time.at])),
			...there.map((c) => make("div", {}, make("span", {}, c.label), make("span", {}, shownText(c, row[c.at])))));
		tip.hidden = cross.hidden = false;
		const left = e.clientX - outer.left;
		cross.style.left = left + "px";
		cross.style.top = box.top - outer.top + box.height * AREA.top + "px";
		cross.style.height = box.height * (AREA.bottom - AREA.top) + "px";
		tip.style.left = (left > outer.width / 2 ? left - tip.offsetWidth - 12 : left + 12) + "px";
		tip.style.top = box.top - outer.top + box.height * AREA.top + "px";
	};
	figure.append(cross, tip);
	svg.addEventListener("pointermove", move);
	svg.addEventListener("pointerleave", leave);
}

/* ---- the whole page ---- */

/* Tables one after the other, so that typing goes on meanwhile. */
let findRun = 0;
function findEverywhere(text) {
	const run = ++findRun;
	const queue = [...tables.values()].filter((t) => t.columns.length > 0);
	findText = text.trim();
	const next = () => {
		const table = queue.shift();
		if (table && run === findRun) {
			table.update();
			setTimeout(next, 0);
		}
	};
	next();
}

function restoreFromLink() {
	const m = /^#([\w-]+)\?(.*)$/.exec(location.hash);
	const table = m && tables.get(m[1]);
	if (!table || table.columns.length === 0) {
		return;
	}
	const params = new URLSearchParams(m[2]);
	if (params.get("find")) {
		$("#find").value = params.get("find");
		findEverywhere(params.get("find"));
	}
	table.restore(params);
	table.section.scrollIntoView({ behavior: "instant" });
}

function followScrolling() {
	const links = new Map($$("nav a").map((a) => [a.hash.slice(1), a]));
	const seen = new Set();
	const watcher = new IntersectionObserver((entries) => {
		for (const e of entries) {
			seen[e.isIntersecting ? "add" : "delete"](e.target.id);
		}
		let current = null;
		for (const [id, a] of links) {
			current = current || (seen.has(id) ? id : null);
			a.removeAttribute("aria-current");
		}
		if (current) {
			links.get(current).setAttribute("aria-current", "true");
		}
	}, { rootMargin: "-120px 0px -55% 0px" });
	for (const id of links.keys()) {
		const el = document.getElementById(id);
		if (el) {
			watcher.observe(el);
		}
	}
}

for (const section of $$("section.table")) {
	tables.set(section.id, new Table(section));
}
addTrees();
$$("figure.plot").forEach(addPlotTip);
$(".find").hidden = false;
$("#find").addEventListener("input", later((e) => findEverywhere(e.target.value), 200));
document.addEventListener("keydown", (e) => {
	if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && !dialog.open) {
		e.preventDefault();
		$("#find").focus();
	}
});
document.addEventListener("click", (e) => {
	for (const menu of $$("details.menu[open]")) {
		if (!menu.contains(e.target)) {
			menu.open = false;
		}
	}
});
window.addEventListener("hashchange", restoreFromLink);
restoreFromLink();
followScrolling();

