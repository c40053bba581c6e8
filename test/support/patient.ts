/** Settings of a gateway.yaml for tests that run within the process of the gateway, on machines that do other work as well. */

/** No request is refused because the event loop lags: it does so for the sake of the tests. */
export const patient = 'admission: { lagMsMax: 600000 }\n';
