package com.example.login;

import dev.passlock.PasslockBlockingClient;
import dev.passlock.PasslockOptions;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.RequestCacheConfigurer;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.logout.HttpStatusReturningLogoutSuccessHandler;

/** A Spring Boot application whose users log in with passkeys. Settings come from the environment, as examples/README.md says. */
@SpringBootApplication
public class Application {
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    /** One for all requests, closed with the application. Missing settings are an error here, not at the first login. */
    @Bean
    PasslockBlockingClient passlock() {
        return new PasslockBlockingClient(PasslockOptions.builder().timeout(Duration.ofSeconds(10)).build());
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, @Value("${passlock.endpoint}") String endpoint) {
        var policy = "default-src 'self'; script-src 'self' %1$s; connect-src 'self' %1$s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return http
                .authorizeHttpRequests(requests -> requests.requestMatchers("/me").authenticated().anyRequest().permitAll())
                .exceptionHandling(refused -> refused.authenticationEntryPoint(new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED)))
                .headers(headers -> headers.contentSecurityPolicy(csp -> csp.policyDirectives(policy.formatted(endpoint))))
                .logout(logout -> logout.logoutSuccessHandler(new HttpStatusReturningLogoutSuccessHandler(HttpStatus.NO_CONTENT)))
                .requestCache(RequestCacheConfigurer::disable)
                .build();
    }

    @Bean
    ServletContextInitializer sessionCookie(@Value("${origin}") String origin) {
        var secure = origin.startsWith("https://");
        return context -> {
            context.getSessionCookieConfig().setName(secure ? "__Host-session" : "session");
            context.getSessionCookieConfig().setSecure(secure);
        };
    }
}
