// Connects by an address alone, with the provider of the protocol's own client for TypeScript: it finds out where to
// ask, registers, and sends its person to a page. Reads and writes lines of JSON:
//
//   in   {"http" or "sse": url, "redirect"}    the server, and where the person's browser comes back to
//   out  {"visit": url}                        the person is sent there
//   in   {"back": url}                         where their browser ended
//   out  {"tools", "found", "tokens", ...}     what is seen once it was let in
//   in   {"again": true, "spoil"}              the wish to look once more, with an access token made bad
//   out  {"refused", "kind", ...}              in the end, when it was not let in
//
// `visits` tells how often the person was sent somewhere, `refreshed` how often tokens turned over.
'use strict';

const {createInterface} = require('node:readline');
const {UnauthorizedError} = require('@modelcontextprotocol/sdk/client/auth.js');
const {Client} = require('@modelcontextprotocol/sdk/client/index.js');
const {SSEClientTransport} = require('@modelcontextprotocol/sdk/client/sse.js');
const {StreamableHTTPClientTransport} = require('@modelcontextprotocol/sdk/client/streamableHttp.js');

const input = createInterface({input: process.stdin}).on('close', () => process.exit(0));
const lines = input[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value);
const tell = told => process.stdout.write(`${JSON.stringify(told)}\n`);

class Provider {
    constructor(redirect) {
        this.redirectUrl = redirect;
        this.clientMetadata = {client_name: 'Probe', redirect_uris: [redirect], token_endpoint_auth_method: 'none'};
        this.visits = 0;
        this.refreshed = -1;
    }
    state() {
        return (this.sent = `state-${this.visits}`);
    }
    clientInformation() {
        return this.client;
    }
    saveClientInformation(client) {
        this.client = client;
    }
    tokens() {
        return this.kept;
    }
    saveTokens(tokens) {
        this.refreshed += 1;
        this.kept = tokens;
    }
    saveCodeVerifier(verifier) {
        this.verifier = verifier;
    }
    codeVerifier() {
        return this.verifier;
    }
    invalidateCredentials() {
        this.kept = undefined;
    }
    redirectToAuthorization(url) {
        this.visits += 1;
        tell({visit: url});
    }
}

function transportOf(told, authProvider) {
    return told.sse
        ? new SSEClientTransport(new URL(told.sse), {authProvider})
        : new StreamableHTTPClientTransport(new URL(told.http), {authProvider});
}

// Returns the code that a browser has brought back.
async function broughtBack(provider) {
    const answer = new URL((await heard()).back).searchParams;
    if (answer.get('state') !== provider.sent) {
        throw new Error(`The answer has the state of another question: ${answer}`);
    }
    if (answer.get('error')) {
        throw new Error(answer.get('error'));
    }
    return answer.get('code');
}

async function connected(told, provider) {
    const client = new Client({name: 'connecting', version: '1'});
    const first = transportOf(told, provider);
    try {
        await client.connect(first);
        throw new Error('It was let in without asking anybody.');
    } catch (error) {
        if (!(error instanceof UnauthorizedError)) {
            throw error;
        }
    }
    await first.finishAuth(await broughtBack(provider));
    const again = new Client({name: 'connecting', version: '1'});
    await again.connect(transportOf(told, provider));
    return again;
}

async function looked(client) {
    const tools = (await client.listTools()).tools.map(tool => tool.name);
    const found = await client.callTool({name: 'find_records', arguments: {base: 'Studio', table: 'Tasks', limit: 1}});
    return {tools, found: found.content.map(part => part.text).join('')};
}

async function main() {
    const told = await heard();
    const provider = new Provider(told.redirect);
    const about = () => {
        const {kept, client, visits, refreshed} = provider;
        return {tokens: kept, client, visits, refreshed};
    };
    try {
        const client = await connected(told, provider);
        tell({...(await looked(client)), ...about()});
        for (let next = await heard(); next.again; next = await heard()) {
            if (next.spoil) {
                provider.kept = {...provider.kept, access_token: `${provider.kept.access_token}x`};
            }
            tell({...(await looked(client)), ...about()});
        }
    } catch (error) {
        tell({refused: String(error.message || error), kind: error.constructor.name, ...about()});
    }
    process.exit(0);
}

main();
