// The shop's database in a process of its own: it works on the thread it is in, and that shall be nobody's whose delay is measured.
import { startDatabase } from '../../examples/shop/database.mjs'

const { url, stop } = await startDatabase()
process.on('disconnect', () => void stop().then(() => process.exit()))
process.send({ url })
