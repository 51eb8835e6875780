// The views of the list, as queries to GET /v1/conversations; every open desk is one.

import { state } from './state.js';

const unsolved = 'new,open,pending,on_hold';
const icons = { trace: 'parcel', booking: 'plane', triage: 'sift' };

const everywhere = [
  { name: 'mine', icon: 'person', query: { assignee: 'me', status: unsolved }, counted: true },
  { name: 'unassigned', icon: 'inbox', query: { assignee: 'none', status: unsolved }, counted: true },
  { name: 'overdue', icon: 'alarm', query: { overdue: 'true', status: unsolved }, counted: true },
  { name: 'rounds', icon: 'ticks', rounds: true, counted: true },
  { name: 'all', icon: 'layers', query: { status: unsolved } }
];
const done = [{ name: 'solved', icon: 'check', query: { status: 'solved,closed' }, group: 'done', sort: '-updated' }];

/** desks are those of this gateway, or the built-in ones until it has said which; triage comes last. */
export function desks() {
  const open = state.desks.length ? state.desks : builtInDesks;
  const triage = open.find((d) => d.name === 'triage') ?? builtInDesks.find((d) => d.name === 'triage');
  return [...open.filter((d) => d.name !== 'triage'), triage];
}

export const views = () => [...everywhere, ...desks().map((d) => ({
  name: d.name, title: d.title, icon: icons[d.name] ?? 'inbox', query: { desk: d.name, status: unsolved }, group: 'desks'
})), ...done];

/** viewNamed is the view of that name, or the first. */
export const viewNamed = (name) => views().find((v) => v.name === name) ?? everywhere[0];

export const statuses = ['new', 'open', 'pending', 'on_hold', 'solved', 'closed'];
export const priorities = ['urgent', 'high', 'normal', 'low'];

const trace = ['where_is_my_shipment', 'late_delivery', 'non_delivery', 'return_to_origin', 'held_in_customs', 'address_change',
  'delivery_instructions', 'damaged_or_missing', 'claim', 'proof_of_delivery', 'misdelivery', 'complaint'];
const booking = ['package_inquiry', 'availability', 'new_booking', 'booking_change', 'cancellation', 'refund', 'payment',
  'visa_documents', 'pre_tour_info', 'special_request', 'post_tour_feedback', 'complaint'];
const other = ['spam', 'wrong_number', 'job_application', 'supplier_or_sales', 'greeting_only', 'auto_reply', 'thanks_only',
  'invoice_or_order', 'unclear'];

const builtInDesks = [
  { name: 'booking', categories: booking }, { name: 'trace', categories: trace }, { name: 'triage', categories: other }
];
