import type { Demo, DemoUser } from "junction-hub/server";

/** The users of the demo data. Their ids are fixed, so that the demo data of the apps can refer to them. */
export const DEMO_USERS = {
  customer: {
    id: "00000000-0000-4000-8000-000000000001",
    phone: "+966500000001",
    email: "user@example.com",
    name: "Demo Customer",
    role: "customer",
  },
  technician: {
    id: "00000000-0000-4000-8000-000000000002",
    phone: "+966500000002",
    email: "technician@example.com",
    name: "Demo Technician",
    role: "technician",
  },
  operator: {
    id: "00000000-0000-4000-8000-000000000003",
    phone: "+966500000003",
    email: "operator@example.com",
    name: "Demo Operator",
    role: "operator",
  },
  admin: {
    id: "00000000-0000-4000-8000-000000000004",
    phone: "+966500000004",
    email: "admin@example.com",
    name: "Demo Admin",
    role: "admin",
  },
  secondCustomer: {
    id: "00000000-0000-4000-8000-000000000005",
    phone: "+966500000005",
    email: "user2@example.com",
    name: "Second Demo Customer",
    role: "customer",
  },
} as const satisfies Record<string, DemoUser>;

export const DEMO_PASSWORD = "password123";
export const DEMO_API_KEY = "demo-api-key";

export const DEMO: Demo = { users: DEMO_USERS, password: DEMO_PASSWORD, apiKey: DEMO_API_KEY };
