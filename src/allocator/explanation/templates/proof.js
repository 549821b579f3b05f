(async () => {
  "use strict";
  const box = document.getElementById("proof");
  const UNKNOWN = "\u2013";
  const marked = (mark, name) =>
    Array.from(document.querySelectorAll("[data-" + mark + "]")).filter(
      (element) => name === undefined || element.getAttribute("data-" + mark) === name);
  const texts = (mark, name) => marked(mark, name).map((element) => element.textContent.trim());
  const only = (mark, name) => {
    const found = texts(mark, name);
    if (found.length !== 1) throw new Error(name);
    return found[0];
  };
  const cell = (text) => {
    if (text === UNKNOWN) return null;
    if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new Error(text);
    return Number(text);
  };
  const numbers = (text) =>
    (text.match(/[0-9][0-9,.]*[0-9]|[0-9]/g) || []).map((n) => Number(n.replace(/[^0-9]/g, "")));
  const bytes = (text) => new TextEncoder().encode(text);
  const hex = (data) => Array.from(data, (b) => b.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));

  /* SHA-256 (FIPS 180-4), for pages that came without https, where browsers offer none. */
  const K = Uint32Array.from(("428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5" +
    "d807aa9812835b01243185be550c7dc372be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6" +
    "240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da983e5152a831c66db00327c8bf597fc7c6e00bf3d5a79147" +
    "06ca63511429296727b70a852e1b21384d2c6dfc53380d13650a7354766a0abb81c2c92e92722c85a2bfe8a1" +
    "a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa07019a4c1161e376c082748774c34b0bcb5" +
    "391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc7020890befffaa4506cebbef9a3f7" +
    "c67178f2").match(/.{8}/g), (word) => parseInt(word, 16));
  const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  const turn = (word, by) => (word >>> by) | (word << (32 - by));
  const sha256 = (data) => {
    const blocks = (data.length + 8 >>> 6) + 1;
    const whole = new Uint8Array(64 * blocks);
    whole.set(data);
    whole[data.length] = 0x80;
    const view = new DataView(whole.buffer);
    view.setUint32(64 * blocks - 8, Math.floor(data.length / 0x20000000));
    view.setUint32(64 * blocks - 4, data.length << 3);
    const state = Uint32Array.from(START);
    const w = new Uint32Array(64);
    for (let block = 0; block < blocks; block++) {
      for (let t = 0; t < 64; t++) {
        if (t < 16) {
          w[t] = view.getUint32(64 * block + 4 * t);
          continue;
        }
        const p = w[t - 15], q = w[t - 2];
        w[t] = w[t - 16] + (turn(p, 7) ^ turn(p, 18) ^ (p >>> 3)) +
          w[t - 7] + (turn(q, 17) ^ turn(q, 19) ^ (q >>> 10));
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let t = 0; t < 64; t++) {
        const x = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) +
          K[t] + w[t]) | 0;
        const y = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + x) | 0;
        d = c; c = b; b = a; a = (x + y) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((word, k) => { state[k] += word; });
    }
    const out = new DataView(new ArrayBuffer(32));
    state.forEach((word, k) => out.setUint32(4 * k, word));
    return new Uint8Array(out.buffer);
  };
  const hash = async (data) => {
    const own = window.crypto && window.crypto.subtle;
    return own ? new Uint8Array(await own.digest("SHA-256", data)) : sha256(data);
  };

  /* RFC 9162, 2.1.3.2. */
  const rootOver = async (leaf, index, leaves, path) => {
    let at = index, last = leaves - 1, found = leaf;
    const up = () => { at = Math.floor(at / 2); last = Math.floor(last / 2); };
    if (!(at <= last)) return null;
    for (const beside of path) {
      if (last === 0) return null;
      if (at % 2 || at === last) {
        found = await hash(joined([1], beside, found));
        while (at % 2 === 0 && at) up();
      } else {
        found = await hash(joined([1], found, beside));
      }
      up();
    }
    return last ? null : hex(found);
  };

  const wrong = (element, right) => {
    element.classList.add("wrong");
    const note = document.createElement("strong");
    note.textContent = " \u2260 " + right;
    element.append(note);
  };
  const agree = (mark, name, found, right) => {
    if (JSON.stringify(found) === JSON.stringify(right)) return true;
    const spelt = [].concat(right).map((one) => one === null ? UNKNOWN : one).join(" / ");
    marked(mark, name).forEach((element) => wrong(element, spelt));
    return false;
  };

  const check = async () => {
    const text = only("proof", "statement");
    const statement = JSON.parse(text);
    const ordered = statement.stage === "orders", width = ordered ? 4 : 1;
    const names = texts("proof", "product"), cells = texts("proof", "figure").map(cell);
    if (cells.length !== width * names.length) throw new Error("figure");
    const products = names.map((name, k) =>
      [name, ...cells.slice(width * k, width * (k + 1)), ...(ordered ? [] : [null, null, null])]);
    const leaf = {
      index: cell(only("proof", "index")), products, retailer: only("proof", "retailer"),
      salt: only("proof", "salt"), tier: cell(only("proof", "tier")),
    };
    const path = only("proof", "path").split(/\s+/).filter(Boolean).map(unhex);
    const start = await hash(joined([0], bytes(JSON.stringify(leaf))));
    let good = await rootOver(start, leaf.index, statement.leaves, path) === statement.root;
    good = hex(await hash(bytes(text))) === only("proof", "number").replace(/\s/g, "") && good;

    const cartons = products.map(([, limit, , award, granted]) =>
      [Math.max(limit, award || 0), ...(ordered ? [granted === null ? award || 0 : granted] : [])]);
    const total = cartons.reduce((sum, pair) => sum.map((n, k) => n + pair[k]), ordered ? [0, 0] : [0]);
    const tier = texts("shown", "tier");
    good = agree("shown", "retailer", only("shown", "retailer"), leaf.retailer) && good;
    good = agree("shown", "tier", tier.length ? cell(only("shown", "tier")) : null, leaf.tier) && good;
    good = agree("shown", "cycle", only("shown", "cycle"), statement.cycle) && good;
    good = agree("shown", "total", numbers(only("shown", "total")), total) && good;
    good = marked("product").length === names.length && good;
    names.forEach((name, k) => {
      good = agree("product", name, numbers(only("product", name)), cartons[k]) && good;
    });
    return good;
  };

  const tell = (kind, name) => box.querySelectorAll("[data-" + kind + "]").forEach((element) => {
    element.hidden = element.getAttribute("data-" + kind) !== name;
  });
  const field = box.querySelector("input");
  field.addEventListener("input", () => {
    const given = field.value.toLowerCase().replace(/[^0-9a-f]/g, "");
    const own = only("proof", "number").replace(/\s/g, "");
    tell("compared", given.length < own.length ? "" : given === own ? "same" : "other");
  });
  field.closest("p").hidden = false;
  let good = false;
  try { good = await check(); } catch (fault) { good = false; }
  tell("verdict", good ? "good" : "bad");
})();
