// The views of the list, as queries to GET /v1/conversations. Data, no behaviour.

const unsolved = 'new,open,pending,on_hold';

export const views = [
  { name: 'mine', icon: 'person', query: { assignee: 'me', status: unsolved }, counted: true },
  { name: 'unassigned', icon: 'inbox', query: { assignee: 'none', status: unsolved }, counted: true },
  { name: 'overdue', icon: 'alarm', query: { overdue: 'true', status: unsolved }, counted: true },
  { name: 'rounds', icon: 'ticks', rounds: true, counted: true },
  { name: 'all', icon: 'layers', query: { status: unsolved } },
  { name: 'trace', icon: 'parcel', query: { desk: 'trace', status: unsolved }, group: 'desks' },
  { name: 'booking', icon: 'plane', query: { desk: 'booking', status: unsolved }, group: 'desks' },
  { name: 'triage', icon: 'sift', query: { desk: 'triage', status: unsolved }, group: 'desks' },
  { name: 'solved', icon: 'check', query: { status: 'solved,closed' }, group: 'done', sort: '-updated' }
];

export const viewNamed = (name) => views.find((v) => v.name === name) ?? views[0];

export const statuses = ['new', 'open', 'pending', 'on_hold', 'solved', 'closed'];
export const priorities = ['urgent', 'high', 'normal', 'low'];

const trace = ['where_is_my_shipment', 'late_delivery', 'non_delivery', 'return_to_origin', 'held_in_customs', 'address_change',
  'delivery_instructions', 'damaged_or_missing', 'claim', 'proof_of_delivery', 'misdelivery', 'complaint'];
const booking = ['package_inquiry', 'availability', 'new_booking', 'booking_change', 'cancellation', 'refund', 'payment',
  'visa_documents', 'pre_tour_info', 'special_request', 'post_tour_feedback', 'complaint'];
const other = ['spam', 'wrong_number', 'job_application', 'supplier_or_sales', 'greeting_only', 'auto_reply', 'thanks_only',
  'invoice_or_order', 'unclear'];

/** builtInDesks stand in where GET /v1/desks tells no categories. */
export const builtInDesks = [
  { name: 'trace', categories: trace }, { name: 'booking', categories: booking }, { name: 'triage', categories: other }
];
