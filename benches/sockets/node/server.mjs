// A service on express: `node server.mjs bare`, or `node server.mjs guarded ISSUER AUDIENCE`.
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';

const [kind, issuerBaseURL, audience] = process.argv.slice(2);
const app = express();
if (kind === 'guarded') {
  app.use(auth({ issuerBaseURL, audience }));
}
app.get('/orders', (request, response) => {
  response.send('no orders');
});
// What express does by itself, but for the log.
app.use((error, request, response, next) => {
  response.status(error.status ?? 500).set(error.headers ?? {}).end();
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening 127.0.0.1:${server.address().port}`);
});
