import { render } from 'preact'
import { App } from './app.js'
import { startKeys } from './parts/keys.js'
import { startLive } from './state/live.js'
import { startTheme } from './state/theme.js'

startTheme()
startKeys()
startLive()
const place = document.getElementById('app')
if (place) render(<App />, place)
