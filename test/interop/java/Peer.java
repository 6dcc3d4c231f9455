/*
 * The AWS Encryption SDK for Java with keys of AWS KMS, one call after another.
 *
 * A line on standard input is an operation (encrypt, decrypt), the ARN of a key, bytes and pairs of a context; the
 * answer is a line of "ok", bytes and pairs, or of "error" and what went wrong. Fields are divided by tabs, bytes are
 * base64, and pairs are "name:value", each base64, divided by commas.
 */
import com.amazonaws.encryptionsdk.AwsCrypto;
import com.amazonaws.encryptionsdk.CryptoResult;
import com.amazonaws.encryptionsdk.MasterKey;
import com.amazonaws.encryptionsdk.MasterKeyProvider;
import com.amazonaws.encryptionsdk.kmssdkv2.AwsKmsMrkAwareMasterKeyProvider;
import com.amazonaws.encryptionsdk.kmssdkv2.KmsMasterKeyProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.KmsClientBuilder;

public final class Peer {
  private static final AwsCrypto CRYPTO = AwsCrypto.standard();

  public static void main(String[] words) throws Exception {
    BufferedReader calls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String call; (call = calls.readLine()) != null; ) {
      System.out.println(answer(call.split("\t", -1)));
    }
  }

  private static String answer(String[] call) {
    try {
      String key = call[1];
      return key.contains(":key/mrk-")
          ? answer(call, AwsKmsMrkAwareMasterKeyProvider.builder().builderSupplier(Peer::client).buildStrict(key))
          : answer(call, KmsMasterKeyProvider.builder().builderSupplier(Peer::client).buildStrict(key));
    } catch (Exception error) {
      return "error\t" + error.toString().replaceAll("\\s+", " ");
    }
  }

  private static KmsClientBuilder client() {
    return KmsClient.builder().endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL_KMS")));
  }

  private static <K extends MasterKey<K>> String answer(String[] call, MasterKeyProvider<K> keys) {
    byte[] bytes = Base64.getDecoder().decode(call[2]);
    CryptoResult<byte[], K> result =
        call[0].equals("encrypt")
            ? CRYPTO.encryptData(keys, bytes, decodePairs(call[3]))
            : CRYPTO.decryptData(keys, bytes);
    String pairs = encodePairs(result.getEncryptionContext());
    return "ok\t" + Base64.getEncoder().encodeToString(result.getResult()) + "\t" + pairs;
  }

  private static Map<String, String> decodePairs(String text) {
    Map<String, String> pairs = new HashMap<>();
    for (String pair : text.isEmpty() ? new String[0] : text.split(",")) {
      String[] parts = pair.split(":", -1);
      pairs.put(decodeText(parts[0]), decodeText(parts[1]));
    }
    return pairs;
  }

  private static String encodePairs(Map<String, String> pairs) {
    return pairs.entrySet().stream()
        .map(pair -> encodeText(pair.getKey()) + ":" + encodeText(pair.getValue()))
        .collect(Collectors.joining(","));
  }

  private static String decodeText(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static String encodeText(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
