/** @apollo/gateway reports to its vendor unless this is set before it loads: import this file first. */
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
