// Drives airtable.js: reads what to do as one JSON object from standard input, prints what came of every step.
//
//   {"endpoint", "token", "base", "options", "dice", "steps": [...]}
//
// A step is one of
//   {"table", "call": method, "with": [...]}              find, create, update, replace, destroy
//   {"table", "select": {...}, "read": method, "pages"}   firstPage, all, eachPage (at most so many pages)
//   {"table", "record": id, "call": method, "with"}       fetch, patchUpdate, putUpdate, save, destroy ...
//   {"request": {...}}                                    the base's own makeRequest
// and with "callback": true it is run in the older style. `dice` loads the dice that spread the waits after a 429.
'use strict';

const Airtable = require('airtable');

function shown(value) {
    if (Array.isArray(value)) {
        return value.map(shown);
    }
    if (value instanceof Airtable.Record) {
        return {id: value.id, fields: value.fields, commentCount: value.commentCount};
    }
    return value;
}

function told(error) {
    if (error instanceof Airtable.Error) {
        return {error: error.error, message: error.message, statusCode: error.statusCode};
    }
    return {error: error.name || typeof error, message: String(error.message || error), statusCode: null};
}

function invoked(owner, method, args, inCallback) {
    if (!inCallback) {
        return owner[method](...args);
    }
    return new Promise((resolve, reject) => {
        owner[method](...args, (error, value) => (error ? reject(error) : resolve(value)));
    });
}

async function pagesOf(query, most, inCallback) {
    const pages = [];
    const page = (records, next) => {
        pages.push(records.map(shown));
        if (pages.length < most) {
            next();
        } else {
            stop();
        }
    };
    let stop;
    const stopped = new Promise(resolve => (stop = resolve));
    await Promise.race([stopped, invoked(query, 'eachPage', [page], inCallback)]);
    return pages;
}

async function run(base, step) {
    if (step.request) {
        const {statusCode, body} = await base.makeRequest(step.request);
        return {statusCode, body};
    }
    const table = base(step.table);
    if (step.select) {
        const query = table.select(step.select);
        if (step.read === 'eachPage') {
            return pagesOf(query, step.pages || Infinity, step.callback);
        }
        return shown(await invoked(query, step.read, [], step.callback));
    }
    let owner = table;
    if (step.record) {
        owner = new Airtable.Record(table, step.record, {id: step.record, fields: step.fields || {}});
    }
    return shown(await invoked(owner, step.call, step.with || [], step.callback));
}

async function main(script) {
    if (script.dice !== undefined) {
        Math.random = () => script.dice;
    }
    const airtable = new Airtable({endpointUrl: script.endpoint, apiKey: script.token, ...script.options});
    const base = airtable.base(script.base);
    const outcomes = [];
    for (const step of script.steps) {
        try {
            outcomes.push({value: (await run(base, step)) ?? null});
        } catch (error) {
            outcomes.push({error: told(error)});
        }
    }
    return outcomes;
}

let text = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', chunk => (text += chunk));
process.stdin.on('end', async () => {
    process.stdout.write(JSON.stringify(await main(JSON.parse(text))));
});
