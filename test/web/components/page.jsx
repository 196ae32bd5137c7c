import { configureJunction } from "junction-hub/client";
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { NotificationCenter } from "./notification-center.tsx";
import { Booking, Seats, StationLog, UserNotifications } from "./others.tsx";
import { StationDetail } from "./station-detail.jsx";

const components = { Booking, NotificationCenter, Seats, StationDetail, StationLog, UserNotifications };
const root = createRoot(document.getElementById("root"));

/** Shows a component by its name, or nothing. */
globalThis.show = (url, name, props) => {
  configureJunction({ url });
  root.render(createElement(StrictMode, null, name && createElement(components[name], props)));
};
