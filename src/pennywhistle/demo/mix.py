"""The desk: places in the stereo, a room, loudness, a limit for peaks, and samples of 16 or 24 bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pennywhistle.demo.voices import SAMPLE_RATE_HZ, Sound

LOUDNESS_TARGET_LUFS = -16.8
PEAK_CEILING = 10 ** (-1.8 / 20)  # sample peaks; leaves room for what lies between samples
ROOM_S = 1.5
CONVOLUTION_SIZE = 1 << 17  # one transform; the room takes about half of it
GATE_BLOCK_SAMPLES = SAMPLE_RATE_HZ * 2 // 5  # 400 ms, ITU-R BS.1770
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
LIMITER_BLOCK = 64
LIMITER_REACH = 24  # blocks before and after a peak: about 35 ms each

# K-weighting: two filters given for 48 kHz, so their response is taken at that rate's angles.
# https://www.itu.int/rec/R-REC-BS.1770 (annex 1, tables 1 and 2)
WEIGHTING_RATE_HZ = 48_000
SHELF_B = (1.53512485958697, -2.69169618940638, 1.19839281085285)
SHELF_A = (1.0, -1.69065929318241, 0.73248077421585)
HIGHPASS_B = (1.0, -2.0, 1.0)
HIGHPASS_A = (1.0, -1.99004745483398, 0.99007225036621)


def place(sound: Sound, *, pan: float, gain: float) -> Sound:
    """Mono to stereo (two rows) at equal power; pan is -1 left to 1 right."""
    angle = (pan + 1) * np.pi / 4
    sides = np.array([[np.cos(angle)], [np.sin(angle)]]) * gain * np.sqrt(2)
    return np.asarray(sides * sound, dtype=np.float32)


def room_response(*, random: np.random.Generator) -> Sound:
    """A small wooden room: noise that dies away, the treble first, different on each side."""
    samples = int(ROOM_S * SAMPLE_RATE_HZ)
    times = np.arange(samples) / SAMPLE_RATE_HZ
    sides = []
    for _ in range(2):
        noise = random.random(samples) * 2 - 1
        dull = np.convolve(noise, np.ones(12) / 12, mode="same") * 2.4
        sides.append(0.5 * noise * np.exp(-times / 0.09) + dull * np.exp(-times / 0.28))
    response = np.stack(sides) * np.clip(times / 0.012, 0, 1)
    return np.asarray(response / np.sqrt(np.sum(response**2) / 2), dtype=np.float32)


def in_room(sound: Sound, response: Sound) -> Sound:
    """Mono convolved with a stereo response, block by block; as long as the sound."""
    size = CONVOLUTION_SIZE
    block = size - response.shape[1] + 1
    filters = np.fft.rfft(response, size, axis=1)
    out = np.zeros((2, len(sound) + size), dtype=np.float32)
    for start in range(0, len(sound), block):
        spectrum = np.fft.rfft(sound[start : start + block], size)
        out[:, start : start + size] += np.fft.irfft(spectrum * filters, size, axis=1)
    return out[:, : len(sound)]


def loudness_lufs(stereo: Sound) -> float:
    """Integrated loudness by ITU-R BS.1770 with blocks side by side; -inf for silence."""
    blocks = stereo.shape[1] // GATE_BLOCK_SAMPLES
    cut = stereo[:, : blocks * GATE_BLOCK_SAMPLES].reshape(2, blocks, GATE_BLOCK_SAMPLES)
    spectrum = np.fft.rfft(cut, axis=2)
    power = np.abs(spectrum) ** 2 * _k_weighting(spectrum.shape[2])
    levels = 2 * power.sum(axis=(0, 2)) / GATE_BLOCK_SAMPLES**2
    loud = levels[_lufs(levels) > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return float("-inf")
    gate = float(_lufs(loud.mean())) + RELATIVE_GATE_LU
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def _lufs(level: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(level, 1e-12)))


def _k_weighting(bins: int) -> npt.NDArray[np.float64]:
    z = np.exp(-1j * np.linspace(0, np.pi * SAMPLE_RATE_HZ / WEIGHTING_RATE_HZ, bins))
    shelf, highpass = (
        np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
        for b, a in ((SHELF_B, SHELF_A), (HIGHPASS_B, HIGHPASS_A))
    )
    return np.asarray(np.abs(shelf * highpass) ** 2)


def finish(stereo: Sound) -> Sound:
    """Bring to the target loudness and hold peaks under the ceiling."""
    gain = 10 ** ((LOUDNESS_TARGET_LUFS - loudness_lufs(stereo)) / 20)
    return hold_peaks(np.asarray(stereo * gain, dtype=np.float32))


def hold_peaks(stereo: Sound) -> Sound:
    """Turn down smoothly around each peak above the ceiling; nothing above it remains."""
    samples = stereo.shape[1]
    padded = np.pad(np.max(np.abs(stereo), axis=0), (0, -samples % LIMITER_BLOCK))
    peaks = padded.reshape(-1, LIMITER_BLOCK).max(axis=1)
    needed = np.minimum(1.0, PEAK_CEILING / np.maximum(peaks, 1e-9))
    reach = 2 * LIMITER_REACH + 1
    windows = np.lib.stride_tricks.sliding_window_view
    lowest = windows(np.pad(needed, LIMITER_REACH, mode="edge"), reach).min(axis=1)
    kernel = np.hanning(LIMITER_REACH + 2)[1:-1]
    half = len(kernel) // 2
    smooth = np.convolve(
        np.pad(lowest, (half, len(kernel) - 1 - half), mode="edge"),
        kernel / kernel.sum(),
        mode="valid",
    )
    centres = (np.arange(len(smooth)) + 0.5) * LIMITER_BLOCK
    curve = np.interp(np.arange(samples), centres, smooth)
    return np.asarray(stereo * curve, dtype=np.float32)


def to_pcm(stereo: Sound, *, bits_per_sample: int, random: np.random.Generator) -> bytes:
    """Signed little-endian interleaved samples, with triangular dither of two steps."""
    dither = random.random(stereo.shape, dtype=np.float32)
    dither -= random.random(stereo.shape, dtype=np.float32)
    most = 2 ** (bits_per_sample - 1) - 1
    steps = np.clip(np.rint(stereo.astype(np.float64) * most + dither), -most - 1, most)
    if bits_per_sample == 16:
        return bytes(steps.astype("<i2").T.tobytes())
    # The three lower bytes of four, of which the highest is the sign alone.
    return bytes(steps.astype("<i4").T[..., np.newaxis].view("u1")[..., :3].tobytes())
