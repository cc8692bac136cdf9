// A working session of the protocol's own client for TypeScript: reads how to connect as one JSON object from
// standard input, prints what the client saw.
//
//   {"stdio": {"command", "args", "env"}} or {"http": url, "token"} or {"sse": url, "token"}
//
// The person behind the client approves whatever a form asks.
'use strict';

const {Client} = require('@modelcontextprotocol/sdk/client/index.js');
const {SSEClientTransport} = require('@modelcontextprotocol/sdk/client/sse.js');
const {StdioClientTransport} = require('@modelcontextprotocol/sdk/client/stdio.js');
const {StreamableHTTPClientTransport} = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
const {ElicitRequestSchema, ProgressNotificationSchema} = require('@modelcontextprotocol/sdk/types.js');

function transportOf(told) {
    if (told.stdio) {
        return new StdioClientTransport({...told.stdio, stderr: 'ignore'});
    }
    const options = {requestInit: {headers: {authorization: `Bearer ${told.token}`}}};
    return told.sse
        ? new SSEClientTransport(new URL(told.sse), options)
        : new StreamableHTTPClientTransport(new URL(told.http), options);
}

const textOf = result => result.content.map(part => part.text).join('');

async function session(told) {
    const asked = [];
    const client = new Client({name: 'session', version: '1'}, {capabilities: {elicitation: {form: {}}}});
    client.setRequestHandler(ElicitRequestSchema, async request => {
        asked.push({message: request.params.message, fields: Object.keys(request.params.requestedSchema.properties)});
        return {action: 'accept', content: {approve: true}};
    });
    await client.connect(transportOf(told));
    const call = (name, args, options) => client.callTool({name, arguments: args}, undefined, options);

    // Listened for by ourselves: the client forgets who listens to a call when its answer comes in the same piece.
    const progress = [];
    client.setNotificationHandler(ProgressNotificationSchema, one => void progress.push(one.params.progress));
    const page = {base: 'Studio', table: 'Tasks', limit: 300, fields: ['Name']};
    await call('find_records', page, {onprogress: () => undefined});

    const refused = await call('find_records', {base: 'Studio', table: 'Taks'});
    const gone = await client.readResource({uri: 'airtable://Studio/Nothing'}).catch(error => error);
    const seen = {
        server: client.getServerVersion().name,
        tools: (await client.listTools()).tools.map(tool => tool.name),
        found: textOf(await call('find_records', {base: 'Studio', table: 'Projects', limit: 1})),
        refused: {isError: refused.isError, text: textOf(refused)},
        resource: (await client.readResource({uri: 'airtable://bases'})).contents[0].text,
        gone: gone.code,
        prompt: (await client.getPrompt({name: 'explore_base', arguments: {base: 'Studio'}})).messages[0].content.text,
        progress,
        deleted: textOf(await call('delete_records', {base: 'Studio', table: 'Clients', ids: ['Globex']})),
        asked,
    };
    await client.close();
    return seen;
}

let text = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', chunk => (text += chunk));
process.stdin.on('end', async () => {
    process.stdout.write(JSON.stringify(await session(JSON.parse(text))));
    process.exit(0);
});
