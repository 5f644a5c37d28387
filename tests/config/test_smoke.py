def test_settings_are_the_tests_own(settings):
    assert settings.PRODUCT_NAME == "Plainrow"
