/** Several gateways in one process, so that they share compiled code and memory: arguments are a supergraph and configurations. */

import { start } from '../../src/assembly/start.ts';

const [supergraph = '', ...configPaths] = process.argv.slice(2);
const ports: number[] = [];
for (const configPath of configPaths) {
  const { url } = await start({ supergraph, configPath, port: 0 });
  ports.push(Number(new URL(url).port));
}
process.send?.(ports);
process.on('disconnect', () => process.exit(0));
