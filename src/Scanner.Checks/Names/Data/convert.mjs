// Writes public_suffix_list.dat from the npm package tldts: node convert.mjs PACKAGE_FOLDER PUBLISHED > public_suffix_list.dat
// The package holds the list as a trie in flat arrays; every path to a node with a flag is a rule again.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, published] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const trie = require(`${folder}/dist/cjs/src/data/trie.js`);
const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));

const labels = [];
for (let edge = 0, at = 0; edge < trie.edgeLength.length; at += trie.edgeLength[edge++])
  labels.push(trie.labelText.slice(at, at + trie.edgeLength[edge]));

const sections = { 1: [], 2: [] }; // ICANN, PRIVATE
function collect(node, path, mark) {
  const flag = trie.nodeFlags[node];
  if (flag !== 0) sections[flag].push([...path].reverse().join(".").replace(/^/, mark));
  for (let edge = trie.edgeStart[node]; edge < trie.edgeStart[node + 1]; edge++)
    collect(trie.edgeChild[edge], [...path, labels[edge]], mark);
}
collect(trie.rulesRoot, [], "");
collect(trie.exceptionsRoot, [], "!");

const key = rule => rule.replace("!", "").split(".").reverse().join("\0");
const sorted = rules => rules.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)).join("\n");
process.stdout.write(`// This Source Code Form is subject to the terms of the Mozilla Public
// License, v. 2.0. If a copy of the MPL was not distributed with this
// file, You can obtain one at https://mozilla.org/MPL/2.0/.

// The rules of the Public Suffix List (https://publicsuffix.org/list/), taken from the npm package tldts ${version} of ${published},
// which keeps rules and sections but not the comments. Sorted from the top-level domain down. How to renew it: README.md.
// VERSION: ${published} (tldts ${version})

// ===BEGIN ICANN DOMAINS===
${sorted(sections[1])}
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
${sorted(sections[2])}
// ===END PRIVATE DOMAINS===
`);
