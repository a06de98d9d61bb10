int csp_placeholder;
