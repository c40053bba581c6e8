/** Makes one call and closes nothing: the process ends by itself. */

import { senderTo } from './sender.ts';

const { status } = await senderTo(process.argv[2] ?? '', { keepAliveMs: 600_000 }).send();
process.send?.({ status });
process.disconnect?.();
