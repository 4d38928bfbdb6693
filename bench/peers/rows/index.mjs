// What is measured, in the order of the page. A row:
//   key, title, text
//   rounds     how many rounds, unless told otherwise
//   figures    its columns: `isAdded`, what a peer adds to `none` in the same round; `from`, the row whose samples these are;
//              `isLessBetter`, where one end is better; `isHeadline`, the one that stands in the overview and in the chart
//   dashes     who can't have it, and why
//   measure    { samples: by peer, one object of figures a round; dashes; skipped }
import { boot } from './boot.mjs'
import { encoder } from './encoder.mjs'
import { exits } from './exits.mjs'
import { installed } from './installed-size.mjs'
import { memory } from './memory.mjs'
import { outages } from './outages.mjs'
import { bursts, loop } from './rates.mjs'
import { express, fastify, plain, service } from './requests.mjs'
import { spanCost } from './span-cost.mjs'

export const ROWS = [
  boot,
  spanCost,
  encoder,
  plain,
  express,
  fastify,
  service,
  loop,
  bursts,
  outages,
  exits,
  memory,
  installed,
]
