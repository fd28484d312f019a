import java.io.File;
import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Validate FLAVOUR,FLAVOUR FILE...: a line "FLAVOUR FILE ok" or one line for each broken rule. */
public class Validate {
    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int place = 1; place < arguments.length; place++) {
            for (String name : arguments[0].split(",")) {
                PDFAFlavour flavour = PDFAFlavour.fromString(name);
                try (PDFAParser parser = Foundries.defaultInstance().createParser(
                        new FileInputStream(new File(arguments[place])), flavour);
                     PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, 200, false, false, false)) {
                    ValidationResult result = validator.validate(parser);
                    if (result.isCompliant()) {
                        System.out.println(name + " " + arguments[place] + " ok");
                    }
                    for (TestAssertion broken : result.getTestAssertions()) {
                        System.out.println(name + " " + arguments[place] + " broken " + broken.getRuleId().getClause()
                            + "-" + broken.getRuleId().getTestNumber() + ": " + broken.getMessage()
                            + " at " + broken.getLocation().getContext());
                    }
                }
            }
        }
    }
}
