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
import { Route } from "./state/route.svelte";
import { Session } from "./state/session.svelte";
import { Studio } from "./state/studio.svelte";

const target = document.getElementById("app");
if (target === null) {
  throw new Error("index.html has no #app");
}
const session = new Session(parseOverrides(new URLSearchParams(location.search)));
const heard = new Heard();
const route = new Route(new Scope());
const studio = new Studio(new URL(location.href), (id) => { route.go({ page: "analyse", id }); });
void studio.refresh();
installDiagnostics(session, heard);
mount(App, { target, props: { session, heard, studio, route } });
