"""The URLs. The page itself is served by WhiteNoise."""

from django.urls import path

import views

urlpatterns = [
    path("config", views.config),
    path("login", views.login),
    path("me", views.me),
    path("logout", views.logout),
]
