import Analysis
import Testing

@Suite struct AgreementTests {}
