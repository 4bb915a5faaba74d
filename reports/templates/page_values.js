/*
 * page_values.js - first part of the page's script (the parts are joined when the page is written): making
 * elements, cells as text, filters. Nothing here knows of a table. Strings of the capture only ever become
 * text nodes.
 */
"use strict";

const $ = (sel, from = document) => from.querySelector(sel);
const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];

/* An element with properties, attributes (names with a dash, or role) and children. */
function make(tag, props, ...children) {
	const el = document.createElement(tag);
	for (const [key, value] of Object.entries(props || {})) {
		if (key.includes("-") || key === "role") {
			el.setAttribute(key, value);
		} else {
			el[key] = value;
		}
	}
	el.append(...children);
	return el;
}

function later(fn, ms) {
	let timer = 0;
	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => fn(...args), ms);
	};
}

/* ---- values as text: the same rules as value.c and escape.c ---- */

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\uef80-\uefff\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e0fff}]/gu;
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(n, width) {
	return n.toString(16).padStart(width, "0");
}

/* Makes bytes and characters that do not show, or deceive, visible. */
function visible(s) {
	return s.replace(HIDDEN, (c) => {
		const code = c.codePointAt(0);
		if (SHORT[c]) {
			return SHORT[c];
		}
		if (code < 0x80) {
			return "\\x" + hex(code, 2);
		}
		if (code < 0xa0) {
			return "\\xc2\\x" + hex(code, 2);
		}
		if (code >= 0xef80 && code <= 0xefff) {
			return "\\x" + hex(code - 0xef00, 2);
		}
		return code > 0xffff ? "\\U" + hex(code, 8) : "\\u" + hex(code, 4);
	});
}

function grouped(digits) {
	return String(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}

function count(n, one, many) {
	return grouped(n) + " " + (n === 1 ? one : many);
}

function three(x, unit) {
	const whole = Math.floor(x / unit);
	const rest = x % unit;
	if (whole < 10) {
		return whole + "." + String(Math.floor(rest * 100 / unit)).padStart(2, "0");
	}
	return whole < 100 ? whole + "." + Math.floor(rest * 10 / unit) : String(whole);
}

function durationText(ns) {
	const pad = (n) => String(n).padStart(2, "0");
	const secs = Math.floor(ns / 1e9);
	if (ns < 1e3) {
		return ns + " ns";
	}
	if (ns < 1e6) {
		return three(ns, 1e3) + " µs";
	}
	if (secs === 0) {
		return three(ns, 1e6) + " ms";
	}
	if (secs < 60) {
		return three(ns, 1e9) + " s";
	}
	if (secs < 3600) {
		return Math.floor(secs / 60) + " m " + pad(secs % 60) + " s";
	}
	if (secs < 86400) {
		return Math.floor(secs / 3600) + " h " + pad(Math.floor(secs / 60) % 60) + " m";
	}
	return Math.floor(secs / 86400) + " d " + pad(Math.floor(secs / 3600) % 24) + " h";
}

function bytesText(n) {
	if (n < 1024) {
		return n + " B";
	}
	let i = 1;
	while (i < 6 && n >= 1024 ** (i + 1)) {
		i++;
	}
	return three(n, 1024 ** i) + ["", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"][i];
}

function f64Text(x) {
	if (x === 0 || (Math.abs(x) >= 1e-4 && Math.abs(x) < 1e6)) {
		return String(Number(x.toPrecision(6)));
	}
	return x.toPrecision(6).replace(/(\.\d*?)0+(e|$)/, "$1$2").replace(/\.(e|$)/, "$1");
}

const isBound = (v) => typeof v === "string" && v[0] === "~";
const digitsOf = (v) => isBound(v) ? v.slice(1) : String(v);

/* Number where that is exact, else BigInt: the two compare with each other. */
function numberOf(v) {
	if (typeof v === "number") {
		return v;
	}
	const n = Number(digitsOf(v));
	return Number.isSafeInteger(n) ? n : BigInt(digitsOf(v));
}

function shownText(col, v) {
	if (v === null) {
		return "–";
	}
	switch (col.type) {
	case "text":
		return visible(v);
	case "time":
		return v.slice(0, 10) + " " + v.slice(11, 26);
	case "duration":
		return (isBound(v) ? "≤ " : "") + durationText(Number(digitsOf(v)));
	case "bytes":
		return bytesText(Number(v));
	case "bool":
		return v ? "yes" : "no";
	case "f64":
		return f64Text(v);
	default:
		return col.kind === "i" ? String(v) : grouped(v);
	}
}

/* Everything there is to know of a cell: for details and tool tips. */
function exactText(col, v) {
	if (v === null) {
		return "not observed";
	}
	switch (col.type) {
	case "text":
		return visible(v);
	case "duration":
		return (isBound(v) ? "≤ " : "") + grouped(digitsOf(v)) + " ns";
	case "bytes":
		return count(Number(v), "byte", "bytes");
	case "time":
		return v;
	default:
		return shownText(col, v);
	}
}

/* For files and the clipboard. */
function plainValue(col, v) {
	if (v === null || typeof v === "boolean" || col.type === "text" || col.type === "time") {
		return v;
	}
	return isBound(v) ? numberOf(v) : v;
}

/* ---- filters: words, "quoted words", -without, column:text, column=text, column>10ms ---- */

const UNITS = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 6e10, min: 6e10, h: 3.6e12, d: 8.64e13 };
const SCALES = { b: 1, k: 1e3, kb: 1e3, kib: 1024, mb: 1e6, mib: 1048576, g: 1e9, gb: 1e9, gib: 1073741824,
	t: 1e12, tb: 1e12, tib: 1099511627776 };

/* "10ms" in a column of durations is ten million; NaN when it is no number. */
function amountOf(col, text) {
	const m = /^(-?[\d.]+(?:e[+-]?\d+)?)\s*([a-zµ]*)$/i.exec(text.replace(/,/g, ""));
	if (!m) {
		return NaN;
	}
	const unit = m[2].toLowerCase();
	const scale = unit === "" ? 1 : col.type === "duration" ? UNITS[unit] : unit === "m" ? 1e6 : SCALES[unit];
	if (unit === "" && /^-?\d+$/.test(m[1]) && !Number.isSafeInteger(Number(m[1]))) {
		return BigInt(m[1]);
	}
	return Number(m[1]) * (scale === undefined ? NaN : scale);
}

function comparison(op, order) {
	switch (op) {
	case ">":
		return order > 0;
	case "<":
		return order < 0;
	case ">=":
		return order >= 0;
	case "<=":
		return order <= 0;
	case "!=":
		return order !== 0;
	default:
		return order === 0;
	}
}

const orderOf = (a, b) => a < b ? -1 : a > b ? 1 : 0;

/* One test of one cell. */
function cellTest(col, op, text) {
	const want = text.toLowerCase();
	if (want === "-" || want === "unknown") {
		return (v) => (v === null) === (op !== "!=");
	}
	if (op === ":") {
		return (v) => v !== null && (shownText(col, v).toLowerCase().includes(want) ||
			String(plainValue(col, v)).toLowerCase().includes(want));
	}
	if (col.type === "text") {
		return (v) => v !== null && comparison(op, orderOf(visible(v).toLowerCase(), want));
	}
	if (col.type === "time") {
		/* As far as the given time goes: start=08:02 is the whole minute. */
		const from = /^\d\d:/.test(text) ? 11 : 0;
		const given = text.replace(" ", "T").toUpperCase();
		return (v) => v !== null && comparison(op, orderOf(v.slice(from, from + given.length), given));
	}
	if (col.type === "bool") {
		const yes = /^(y|yes|true|1)$/.test(want);
		return (v) => v !== null && comparison(op, orderOf(Number(v), Number(yes)));
	}
	const amount = amountOf(col, text);
	return (v) => v !== null && comparison(op, orderOf(numberOf(v), amount));
}

/* What stands in a filter like the name of a column and is none: "duration>1ms" where the column is called total. */
function notColumns(text, columns) {
	return [...text.matchAll(/(?:^|\s)-?([a-z]\w*)(?:!=|>=|<=|[=<>])/gi)].map((m) => m[1])
		.filter((name) => !columns.some((c) => c.name === name.toLowerCase()));
}

/* The tests of a filter; each takes a row and its haystack. What is looked for goes to words. */
function parseFilter(text, columns, words) {
	const tests = [];
	for (const m of text.matchAll(/(-?)(?:([a-z]\w*)(!=|>=|<=|[:=<>]))?("[^"]*"?|\S+)/gi)) {
		const col = m[2] && columns.find((c) => c.name === m[2].toLowerCase());
		const unquoted = m[4].replace(/^"([^"]*)"?$/, "$1");
		let test;
		if (col) {
			const ok = cellTest(col, m[3], unquoted);
			test = (row) => ok(row[col.at]);
		} else {
			const word = ((m[2] || "") + (m[3] || "") + unquoted).toLowerCase();
			if (word === "") {
				continue;
			}
			test = (row, haystack) => haystack.includes(word);
		}
		if (!m[1] && (!col || m[3] === ":")) {
			words.push(col ? unquoted.toLowerCase() : ((m[2] || "") + (m[3] || "") + unquoted).toLowerCase());
		}
		tests.push(m[1] ? (row, haystack) => !test(row, haystack) : test);
	}
	return tests;
}

/* The text with the words marked, as nodes. Lower case may differ in length for a few letters of a few
 * languages: those texts stay plain. */
function marked(text, words) {
	const lower = text.toLowerCase();
	const nodes = [];
	let done = 0;
	if (words.length === 0 || lower.length !== text.length) {
		return [text];
	}
	for (;;) {
		let at = -1;
		let len = 0;
		for (const word of words) {
			const i = lower.indexOf(word, done);
			if (word !== "" && i >= 0 && (at < 0 || i < at || (i === at && word.length > len))) {
				at = i;
				len = word.length;
			}
		}
		if (at < 0) {
			break;
		}
		nodes.push(text.slice(done, at), make("mark", {}, text.slice(at, at + len)));
		done = at + len;
	}
	nodes.push(text.slice(done));
	return nodes;
}
