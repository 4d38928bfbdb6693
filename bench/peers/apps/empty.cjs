// What it cost to come to the first line of an app.
const readyMillis = performance.now()
const { user, system } = process.cpuUsage()
const rssMB = process.memoryUsage.rss() / 1e6
process.send({ readyMillis, cpuMillis: (user + system) / 1_000, rssMB }, () => process.exit())
