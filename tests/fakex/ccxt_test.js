// SPDX-License-Identifier: Apache-2.0
// ccxt.pro follows the exchanges of `crossbook fakex` over TLS, its checksums on where they work: its books at the end
// must be what the simulator says that it published. Where ccxt is not installed for node the test is skipped (exit
// code 77).
//
//     node ccxt_test.js build/release/bin/crossbook
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const SKIPPED = 77;
const UPDATES = 25;
const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
const LINEAR = ['BTC/USDT:USDT', 'ETH/USDT:USDT'];
const INVERSE = ['BTC/USD:BTC', 'ETH/USD:ETH'];
const SIZES = { 'BTC/USD:BTC': 100, 'ETH/USD:ETH': 10 };  // of contracts, in USD; of the other contracts one base unit
const VENUES = {  // feed: ccxt's name, options beside its own, and symbols where they are no pairs
  'binance': ['binance', { options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false } }],
  'coinbase': ['coinbase', { options: { fetchMarkets: 'fetchMarketsV3', usePrivate: false } }],
  'coinbase-exchange': ['coinbaseexchange', { apiKey: 'any', secret: 'YW55', password: 'any' }],  // it asks for level2
  'kraken': ['kraken', {}],  // its check of the checksum fails on JSON numbers (4.5.84); websockets_test.py has one
  'okx': ['okx', { options: { fetchMarkets: { types: ['spot'] }, watchOrderBook: { checksum: true } } }],
  'bybit-spot': ['bybit', { options: { fetchMarkets: { types: ['spot'] }, defaultType: 'spot' } }],
  'bitstamp': ['bitstamp', {}],
  'binance-usdm': ['binanceusdm', { options: { fetchMarkets: { types: ['linear'] }, fetchCurrencies: false } }, LINEAR],
  'binance-coinm': ['binancecoinm', { options: { fetchMarkets: { types: ['inverse'] }, fetchCurrencies: false } },
    INVERSE],
  'bybit-linear': ['bybit', { options: { fetchMarkets: { types: ['linear'] }, defaultType: 'swap' } }, LINEAR],
};

// Every address of an exchange, to the simulator: the path stays.
function redirected (addresses, venue) {
  if (typeof addresses === 'string') {
    const at = addresses.indexOf('/', addresses.indexOf('//') + 2);
    const rest = at < 0 ? '' : addresses.slice(at);
    return (addresses.startsWith('ws') ? venue.rest.replace('http', 'ws') : venue.rest) + rest;
  }
  if (addresses === null || typeof addresses !== 'object') return addresses;
  return Object.fromEntries(Object.entries(addresses).map(([key, value]) => [key, redirected(value, venue)]));
}

function numbers (levels) {
  return JSON.stringify(levels.slice(0, 10).map(([price, size]) => [Number(price), Number(size)]));
}

async function follow (ccxt, venue) {
  const [name, options, symbols = SYMBOLS] = VENUES[venue.venue];
  const exchange = new ccxt.pro[name](options);
  exchange.urls.api = redirected(exchange.urls.api, venue);
  exchange.has.fetchCurrencies = false;
  await exchange.loadMarkets();
  const books = [];
  for (const symbol of symbols) {
    const market = exchange.market(symbol);
    if (market.contract && market.contractSize !== (SIZES[symbol] ?? 1)) throw new Error(`size ${market.contractSize}`);
    let book;
    for (let i = 0; i < UPDATES; i++) book = await exchange.watchOrderBook(symbol);
    books.push({ venue: venue.venue, symbol, nonce: book.nonce, ms: book.timestamp, bids: numbers(book.bids),
      asks: numbers(book.asks) });
  }
  await exchange.close();
  return books;
}

// A state is found by its number, else by the millisecond of its stamp.
function isPublished (book, truths) {
  const candidates = truths.filter((truth) => truth.venue === book.venue && truth.symbol === book.symbol &&
    (truth.sequence === book.nonce || Math.floor(truth.t / 1e6) === book.ms));
  return candidates.some((truth) => numbers(truth.bids) === book.bids && numbers(truth.asks) === book.asks);
}

async function inner (description) {
  const ccxt = require('ccxt');
  const results = await Promise.all(description.venues.map(async (venue) => {
    try {
      return await follow(ccxt, venue);
    } catch (error) {
      return [{ venue: venue.venue, error: String(error).slice(0, 300) }];
    }
  }));
  fs.writeFileSync(process.env.FAKEX_RESULT, JSON.stringify(results.flat()));
  process.exit(0);
}

// Trust in the simulator's certificate is given to node when it starts, so that the client is a process of its own.
function outer (program) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fakex-'));
  const [authority, truth, result] = ['ca.pem', 'truth.jsonl', 'result.json'].map((name) => path.join(folder, name));
  const options = ['fakex', '--json', '--venues', Object.keys(VENUES).join(','), '--symbols',
    [...SYMBOLS, ...LINEAR, ...INVERSE].join(','), '--ca-out', authority, '--truth', truth, '--for', '3m'];
  const fakex = childProcess.spawn(program, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  let started = false;
  let text = '';
  fakex.stdout.on('data', (chunk) => {
    text += chunk;
    if (started || !text.includes('\n')) return;
    started = true;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority, FAKEX_RESULT: result,
      FAKEX_DESCRIPTION: text.slice(0, text.indexOf('\n')) };
    const client = childProcess.spawn(process.execPath, [__filename], { stdio: 'inherit', env });
    client.on('close', () => fakex.kill('SIGINT'));
  });
  fakex.on('close', () => {
    const truths = fs.readFileSync(truth, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const books = JSON.parse(fs.readFileSync(result, 'utf8'));
    let wrong = 0;
    for (const book of books) {
      const right = !book.error && isPublished(book, truths);
      console.log(`${book.venue} ${book.symbol ?? ''}: ${book.error ?? (right ? 'as published' : 'ANOTHER BOOK')}`);
      if (!right) wrong += 1;
    }
    fs.rmSync(folder, { recursive: true });
    process.exit(wrong === 0 && books.length === SYMBOLS.length * Object.keys(VENUES).length ? 0 : 1);
  });
}

try {
  require.resolve('ccxt');
} catch {
  console.log('skipped: ccxt_test.js needs the npm package ccxt (NODE_PATH says where it is)');
  process.exit(SKIPPED);
}
if (process.env.FAKEX_DESCRIPTION) {
  inner(JSON.parse(process.env.FAKEX_DESCRIPTION));
} else {
  outer(process.argv[2]);
}
