package dev.passlock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.passlock.testing.PasslockEmulator;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The package as code in Java uses it. */
class JavaUsageTest {
    private static PasslockEmulator emulator;

    @BeforeAll
    static void start() {
        emulator = PasslockEmulator.start();
    }

    @AfterAll
    static void stop() {
        emulator.close();
    }

    @Test
    void allOperations() throws Exception {
        User user = emulator.addUser("java@example.com");
        PasslockOptions options = emulator.options()
                .timeout(Duration.ofSeconds(5))
                .attemptTimeout(Duration.ofSeconds(4))
                .connectTimeout(Duration.ofSeconds(3))
                .leeway(Duration.ofSeconds(30))
                .authTypes(AuthType.PASSKEY)
                .build();
        try (PasslockAsyncClient client = new PasslockAsyncClient(options)) {
            CallOptions perCall = CallOptions.builder().timeout(Duration.ofSeconds(2)).requireUserVerified(true).build();
            String sub = client.exchangeToken(emulator.issueToken(user.getSub()), perCall)
                    .thenApply(Principal::getSub)
                    .get(20, TimeUnit.SECONDS);
            assertEquals(user.getSub(), sub);
            User changed = client.updateUser(sub, new UserUpdate().withGivenName("Grace")).get(20, TimeUnit.SECONDS);
            assertEquals("Grace", changed.getGivenName());
            assertEquals(changed, client.getUser(sub).get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void allOperationsOfAThreadThatWaits() {
        User user = emulator.addUser("waits@example.com");
        try (PasslockBlockingClient client = new PasslockBlockingClient(emulator.options().maxRetries(0).build())) {
            CallOptions perCall = CallOptions.builder().timeout(Duration.ofSeconds(2)).build();
            String sub = client.exchangeToken(emulator.issueToken(user.getSub()), perCall).getSub();
            User changed = client.updateUser(sub, new UserUpdate().withGivenName("Grace"));
            assertEquals("Grace", changed.getGivenName());
            assertEquals(changed, client.getUser(sub));
            assertThrows(PasslockException.NotFound.class, () -> client.exchangeToken("unknown"));
            assertThrows(PasslockException.InvalidInput.class, () -> client.exchangeToken(null));
        }
    }

    @Test
    void whatIsKnownOfACall() throws Exception {
        User user = emulator.addUser("info@example.com");
        List<CallReport> reports = new CopyOnWriteArrayList<>();
        PasslockOptions options = emulator.options()
                .appInfo("java-app/1.0")
                .headers(Map.of("X-Gateway-Key", "canary"))
                .listener(reports::add)
                .build();
        assertFalse(options.toString().contains("canary"));
        assertEquals("https://api.v1.passlock.dev", PasslockOptions.V1_ENDPOINT);
        try (PasslockBlockingClient client = new PasslockBlockingClient(options);
                PasslockAsyncClient async = new PasslockAsyncClient(options)) {
            client.warmUp();
            assertNull(async.warmUp().get(20, TimeUnit.SECONDS));
            CallOptions once = CallOptions.builder().maxRetries(0).build();
            WithInfo<User> read = client.getUserWithInfo(user.getSub(), once);
            assertEquals(user, read.getValue());
            CallInfo info = async.getUserWithInfo(user.getSub()).get(20, TimeUnit.SECONDS).getInfo();
            assertEquals(1, info.getAttempts());
            assertEquals(200, info.getStatus());
            assertFalse(info.getElapsedDuration().isZero());
        }
        assertEquals(4, reports.size());
        CallReport last = reports.get(3);
        assertEquals("get_user", last.getOperation());
        assertEquals("GET /{tenancyId}/user/{sub}", last.getAttemptSpans().get(0).getName());
        AttemptReport attempt = last.getAttempts().get(0);
        assertTrue(attempt.getBegunDuration().compareTo(attempt.getEndedDuration()) <= 0);
        assertNull(attempt.getWaitDuration());
        assertEquals(Duration.ofMillis(5), new CallInfo(1, 200, null, Duration.ofMillis(5)).getElapsedDuration());
        Map<String, String> headers = new HashMap<>();
        headers.put("x-gateway-key", null);
        assertThrows(NullPointerException.class, () -> PasslockOptions.builder().headers(headers));
    }

    /** As a mocking library would, without one. */
    @Test
    void somethingElseTakesTheClientsPlace() {
        PasslockBlockingOperations client = new PasslockBlockingOperations() {
            @Override
            public Principal exchangeToken(String token, CallOptions options) {
                throw new UnsupportedOperationException();
            }

            @Override
            public User getUser(String sub, CallOptions options) {
                return new User(sub, "ada@example.com", "Ada", null, true);
            }

            @Override
            public User updateUser(String sub, UserUpdate update, CallOptions options) {
                throw new UnsupportedOperationException();
            }
        };
        assertEquals("Ada", client.getUser("user-1").getGivenName());
    }

    /** What {@code thenThrow} of a mocking library takes. */
    @Test
    void somethingElseFailsAsAClientDoes() {
        PasslockException error = PasslockException.builder(ErrorKind.RATE_LIMITED, "too many requests")
                .operation(Operation.EXCHANGE_TOKEN)
                .status(429)
                .retryAfter(Duration.ofSeconds(3))
                .attempts(1)
                .retryable(true)
                .build();
        assertInstanceOf(PasslockException.RateLimited.class, error);
        assertEquals(Duration.ofSeconds(3), error.getRetryAfterDuration());
        assertEquals(503, error.getSuggestedStatus());
        assertFalse(error.isLoginRefused());
    }

    @Test
    void errorsAreExceptions() {
        try (PasslockAsyncClient client = new PasslockAsyncClient(emulator.options().maxRetries(0).build())) {
            CompletionException wrapped =
                    assertThrows(CompletionException.class, () -> client.exchangeToken("unknown").join());
            PasslockException.NotFound error = assertInstanceOf(PasslockException.NotFound.class, wrapped.getCause());
            assertEquals(ErrorKind.NOT_FOUND, error.getKind());
            assertEquals(404, error.getStatus());
            assertTrue(error.getMessage().length() > 10);

            // A request's missing parameter.
            CompletionException missing = assertThrows(CompletionException.class, () -> client.exchangeToken(null).join());
            assertInstanceOf(PasslockException.InvalidInput.class, missing.getCause());
        }
        assertThrows(
                PasslockException.Config.class,
                () -> new PasslockAsyncClient(emulator.options().timeout(Duration.ZERO).build()));
    }
}
