// What the OpenAPI document beside the API's says: of the paths that are outside it, which need no key.

import type { RouteDescription } from "./routes.ts";

const DESCRIPTIONS: readonly Pick<RouteDescription, "path" | "summary" | "answers">[] = [
  {
    path: "",
    summary: "What the platform can: its kinds and limits",
    answers: { 200: "Kinds by family, limits by name" },
  },
  { path: "api/v1", summary: "Which API it is", answers: { 200: "Its version, and the build" } },
  { path: "api/v1/api-docs", summary: "The API", answers: { 200: "An OpenAPI document" } },
  { path: "api-docs", summary: "What is outside the API", answers: { 200: "This document" } },
  {
    path: "invokers",
    summary: "How the invokers are",
    answers: { 200: "up, unhealthy or down, by their names" },
  },
  {
    path: "invokers/healthy/count",
    summary: "How many invokers are healthy",
    answers: { 200: "A whole number" },
  },
  {
    path: "invokers/ready",
    summary: "Whether anything can run",
    answers: { 200: "How many of the invokers are healthy", 500: "None is: how many are not" },
  },
];

export const OUTSIDE_DESCRIPTIONS: readonly RouteDescription[] = [
  ...DESCRIPTIONS.map(
    (description): RouteDescription => ({ ...description, method: "GET", isOpen: true }),
  ),
  {
    method: "GET",
    path: "ping",
    summary: "Whether the platform is there",
    isOpen: true,
    answerType: "text/plain",
    answers: { 200: "pong" },
  },
  {
    method: "GET",
    path: "docs",
    summary: "The API's page",
    isOpen: true,
    answerType: "text/html",
    answers: { 200: "The page", 308: "Where the page is" },
  },
];
