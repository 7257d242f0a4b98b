package com.example.login;

import dev.passlock.PasslockBlockingClient;
import dev.passlock.PasslockException;
import dev.passlock.User;
import dev.passlock.UserUpdate;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class LoginController {
    private static final Logger log = LoggerFactory.getLogger(LoginController.class);

    private final PasslockBlockingClient passlock;
    private final String endpoint;
    private final String tenancyId;
    private final SecurityContextRepository sessions = new HttpSessionSecurityContextRepository();

    LoginController(
            PasslockBlockingClient passlock,
            @Value("${passlock.endpoint}") String endpoint,
            @Value("${PASSLOCK_TENANCY_ID}") String tenancyId) {
        this.passlock = passlock;
        this.endpoint = endpoint;
        this.tenancyId = tenancyId;
    }

    record Login(String token) {}

    record Name(String givenName, String familyName) {}

    record Me(String sub, String email, String givenName, String familyName) {
        static Me of(User user) {
            return new Me(user.getSub(), user.getEmail(), user.getGivenName(), user.getFamilyName());
        }
    }

    record Csrf(String header, String token) {}

    record Config(String endpoint, String tenancyId, Csrf csrf) {}

    @PostMapping("/login")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void logIn(@RequestBody Login login, HttpServletRequest request, HttpServletResponse response) {
        var principal = passlock.exchangeToken(login.token());
        // The previous session ends, and the new one has a new id.
        var before = request.getSession(false);
        if (before != null) {
            before.invalidate();
        }
        var context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(principal.getSub(), null, List.of()));
        sessions.saveContext(context, request, response);
    }

    @GetMapping("/me")
    Me me(Authentication user) {
        return Me.of(passlock.getUser(user.getName()));
    }

    @PatchMapping("/me")
    Me changeName(Authentication user, @RequestBody Name name) {
        return Me.of(passlock.updateUser(user.getName(), new UserUpdate(name.givenName(), name.familyName())));
    }

    @GetMapping("/config")
    Config config(CsrfToken csrf) {
        return new Config(endpoint, tenancyId, new Csrf(csrf.getHeaderName(), csrf.getToken()));
    }

    /** The log gets the whole error, which never contains a token or the key; the browser learns what it can do. */
    @ExceptionHandler
    ResponseEntity<Void> failed(PasslockException error) {
        log.warn("{}: {}", error.getKind(), error.getMessage());
        var answer = ResponseEntity.status(error.getSuggestedStatus());
        if (error.getSuggestedStatus() == 503) {
            var wait = error.getRetryAfterDuration() == null ? Duration.ofSeconds(5) : error.getRetryAfterDuration();
            answer.header(HttpHeaders.RETRY_AFTER, String.valueOf(wait.plusMillis(999).toSeconds()));
        }
        return answer.build();
    }
}
