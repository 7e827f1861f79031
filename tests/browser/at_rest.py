"""A page whose colours have stopped changing, as whoever measures them needs it."""

from __future__ import annotations

from playwright.sync_api import Page


def come_to_rest(page: Page) -> None:
    """End every transition at once: what axe sees in the midst of one is a colour of no theme."""
    page.evaluate(
        """() => new Promise(resolve => requestAnimationFrame(() => {
            for (const one of document.getAnimations())
                if (one instanceof CSSTransition) one.finish();
            resolve();
        }))"""
    )
