// Connects by an address alone, with the provider of the protocol's own client for TypeScript: it finds out where to
// ask, registers, and sends its person to a page. Reads and writes lines of JSON:
//
//   in   {"http" or "sse": url, "redirect"}    the server, and where the person's browser comes back to
//   out  {"visit": url}                        the person is sent there
//   in   {"back": url}                         where their browser ended
//   out  {"tools", "found", "tokens", ...}     what is seen once it was let in
//   in   {"again": true, "spoil"}              the wish to look once more, with an access token made bad
//   in   {"again": true, "write": arguments}   the wish to create records, if need be with the person asked again
//   out  {"done"}                              what came of that
//   out  {"refused", "kind", ...}              in the end, when it was not let in
//
// With "forgetful" in the first line it keeps no refresh tokens. `visits` tells how often the person was sent
// somewhere, `refreshed` how often tokens turned over.
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
    constructor(redirect, forgetful) {
        this.forgetful = forgetful;
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
        this.kept = this.forgetful ? {...tokens, refresh_token: undefined} : tokens;
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
    const known = new Client({name: 'connecting', version: '1'});
    const transport = transportOf(told, provider);
    await known.connect(transport);
    return {client: known, transport};
}

// Creates records in the session that is there; its person is asked once if the token does not cover that.
async function wrote({client, transport}, provider, records) {
    const create = () => client.callTool({name: 'create_records', arguments: records});
    const done = await create().catch(async error => {
        if (!(error instanceof UnauthorizedError)) {
            throw error;
        }
        await transport.finishAuth(await broughtBack(provider));
        return create();
    });
    return {done: done.content.map(part => part.text).join(''), session: transport.sessionId};
}

async function looked(client) {
    const tools = (await client.listTools()).tools.map(tool => tool.name);
    const found = await client.callTool({name: 'find_records', arguments: {base: 'Studio', table: 'Tasks', limit: 1}});
    return {tools, found: found.content.map(part => part.text).join('')};
}

async function main() {
    const told = await heard();
    const provider = new Provider(told.redirect, told.forgetful);
    const about = () => {
        const {kept, client, visits, refreshed} = provider;
        return {tokens: kept, client, visits, refreshed};
    };
    try {
        const session = await connected(told, provider);
        const {client, transport} = session;
        tell({...(await looked(client)), session: transport.sessionId, ...about()});
        for (let next = await heard(); next.again; next = await heard()) {
            if (next.spoil) {
                provider.kept = {...provider.kept, access_token: `${provider.kept.access_token}x`};
            }
            const seen = next.write ? await wrote(session, provider, next.write) : await looked(client);
            tell({...seen, ...about()});
        }
    } catch (error) {
        tell({refused: String(error.message || error), kind: error.constructor.name, ...about()});
    }
    process.exit(0);
}

main();
