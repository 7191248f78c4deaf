// What mailauth and spf-parse say of the texts on standard input, one JSON object a line, in the words of Scanner.Fuzz's verdicts.
// node others.js FOLDER, where FOLDER/node_modules holds the two packages. Names but the one asked for exist and match nobody, as on our side.
'use strict';
const path = require('node:path');
const readline = require('node:readline');

const modules = path.resolve(process.argv[2], 'node_modules');
const { spf } = require(path.join(modules, 'mailauth/lib/spf'));
const getDmarcRecord = require(path.join(modules, 'mailauth/lib/dmarc/get-dmarc-record'));
const { resolvePolicy, parsePolicy } = require(path.join(modules, 'mailauth/lib/mta-sts'));
const spfParse = require(path.join(modules, 'spf-parse'));

const lower = text => (text || '').toLowerCase();

async function ofSpf(text) {
    const resolver = async (name, type) => {
        switch (type) {
            case 'TXT': return [[name === 'example.org' ? text : 'v=spf1 ?all']];
            case 'MX': return [{ priority: 10, exchange: 'mx.example.net' }];
            case 'A': return ['192.0.2.9'];
            case 'AAAA': return ['2001:db8::9'];
            default: { const error = new Error('no such name'); error.code = 'ENOTFOUND'; throw error; }
        }
    };
    const result = await spf({ sender: 'user@example.org', ip: '203.0.113.77', helo: 'client.example.net', mta: 'unknown', resolver });
    let parsed;
    try {
        parsed = spfParse(text);
        parsed = parsed.valid && !(parsed.messages || []).some(m => m.type === 'error') ? 'valid' : 'invalid';
    } catch (error) {
        parsed = 'throws';
    }
    return { mailauth: result.status.result, problem: result.status.comment || null, 'spf-parse': parsed };
}

async function ofDmarc(text) {
    const record = await getDmarcRecord('example.org', async () => [[text]]);
    if (!record) return { mailauth: 'none' };
    const tag = name => record[name] || '';
    return { mailauth: `p=${lower(record.p)} sp=${lower(record.sp)} np=${lower(record.np)} t=${tag('t')} psd=${tag('psd')} adkim=${tag('adkim')} aspf=${tag('aspf')} fo=${tag('fo')} pct=${record.pct ?? ''}` };
}

async function ofRecord(text) {
    const id = await resolvePolicy('example.org', { resolver: async () => [[text]] });
    return { mailauth: id ? `id=${id}` : 'none' };
}

async function ofPolicy(text) {
    try {
        const policy = parsePolicy(Buffer.from(text, 'latin1'));
        return { mailauth: `${policy.mode} ${policy.maxAge} ${(policy.mx || []).join(',')}` };
    } catch (error) {
        return { mailauth: 'invalid', problem: error.code || String(error) };
    }
}

(async () => {
    const out = [];
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const { kind, text } = JSON.parse(line);
        let verdict;
        try {
            verdict = await { spf: ofSpf, dmarc: ofDmarc, 'mta-sts': ofRecord, policy: ofPolicy }[kind](text);
        } catch (error) {
            verdict = { mailauth: 'throws', problem: String(error) };
        }
        out.push(JSON.stringify(verdict));
        if (out.length === 1000) process.stdout.write(out.splice(0).join('\n') + '\n');
    }
    if (out.length) process.stdout.write(out.join('\n') + '\n');
})();
