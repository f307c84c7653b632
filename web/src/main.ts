// SPDX-License-Identifier: Apache-2.0
import "@fontsource-variable/figtree/wght.css";
import "@fontsource-variable/fraunces/opsz.css";
import "./app.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { installDiagnostics } from "./diagnostics";
import { Scope } from "./scope";
import { Heard } from "./state/heard.svelte";
import { parseOverrides } from "./state/overrides";
import { Live } from "./state/live.svelte";
import { Route } from "./state/route.svelte";
import { Session } from "./state/session.svelte";
import { Studio } from "./state/studio.svelte";

const target = document.getElementById("app");
if (target === null) {
  throw new Error("index.html has no #app");
}
const overrides = parseOverrides(new URLSearchParams(location.search));
const session = new Session(overrides);
const heard = new Heard();
const live = new Live(new URL(location.href), overrides.sharedMemory);
const route = new Route(new Scope());
const studio = new Studio(new URL(location.href), (id) => { route.go({ page: "analyse", id }); });
void studio.refresh();
installDiagnostics(session, heard);
mount(App, { target, props: { session, heard, live, studio, route } });
